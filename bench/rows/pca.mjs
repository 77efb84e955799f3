const pair = (model, title) => ({
  name: `${model}-fit`,
  family: 'latent-factors',
  title,
  unit: 'fit',
  ours: { script: 'latent-factors/pca-fit.mjs', args: [`--model=${model}`] },
  peer: { script: 'peers/pca.py', args: [`--model=${model}`], needs: ['numpy'] },
});

export default [
  pair('pca', 'PCA of 600 dates x 500 assets, K = 6'),
  pair('rp-pca', 'RP-PCA of 600 dates x 500 assets, K = 6'),
  {
    name: 'pca-scaling',
    family: 'latent-factors',
    title: 'PCA, how the cost grows from 300 dates x 300 assets, K = 4',
    unit: 'fit',
    rounds: 1, // nine fits of each size
    scaling: {
      script: 'latent-factors/pca-fit.mjs',
      base: { dates: 300, assets: 300, factors: 4, repeats: 9 },
      axes: { dates: [300, 1200, 4800], assets: [300, 1200, 4800], factors: [2, 4, 8, 16] },
    },
  },
];
