// Not a time but a promise: the memory of a process does not follow the number of fits that it made.
const row = (model, title, family) => ({
  name: `soak-${model}`,
  family,
  title: `10,000 fits of ${title} one after another in one process`,
  unit: 'fit',
  rounds: 1,
  ours: { script: 'neural/soak.mjs', args: [`--model=${model}`] },
});

export default [
  row('ipca', 'IPCA', 'latent-factors'),
  row('cae', 'the conditional autoencoder', 'latent-factors'),
  row('lstm', 'LSTMPortfolioModel', 'portfolio'),
];
