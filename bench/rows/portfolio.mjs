// A step of PyTorch's takes seconds.
const steps = ['--repeats=4', '--warmup=1'];
const row = (model, title) => ({
  name: `${model}-portfolio-step`,
  family: 'portfolio',
  title: `${title}, a training step on 64 windows of 63 days, 20 assets, 10 features`,
  unit: 'step',
  threads: 2,
  rounds: 2,
  ours: { script: 'portfolio/iteration.mjs', args: [`--model=${model}`, ...steps] },
  peers: [
    { name: 'PyTorch', script: 'peers/portfolio.py', args: [`--model=${model}`, ...steps], needs: ['torch'] },
    {
      name: 'PyTorch, selection as one product',
      script: 'peers/portfolio.py',
      args: [`--model=${model}`, '--selection=product', ...steps],
      needs: ['torch'],
    },
  ],
});

const linear = ['--model=linear', '--assets=200', '--repeats=20', '--warmup=3'];

export default [
  row('lstm', 'LSTMPortfolioModel'),
  row('deep', 'DeepPortfolioModel'),
  {
    name: 'linear-portfolio-step',
    family: 'portfolio',
    title: 'LinearFeaturePortfolioModel, a training step on 64 windows of 63 days, 200 assets, 10 features',
    unit: 'step',
    threads: 2,
    ours: { script: 'portfolio/iteration.mjs', args: linear },
    peers: [{ name: 'PyTorch', script: 'peers/portfolio.py', args: linear, needs: ['torch'] }],
  },
];
