// Written by `npm run api` from the registries.
/** Model types of the packages of this repository, so that an error can say what to install where one is not. */
export const ownPackages: Readonly<Record<string, readonly string[]>> = {
  '@ml4t/latent-factors': ['pca', 'rp-pca', 'proximate-factor', 'ipca', 'cae'],
  '@ml4t/portfolio': ['equal-weight', 'linear-portfolio', 'lstm-portfolio', 'deep-portfolio'],
  '@ml4t/sae': ['sae'],
  '@ml4t/sdf': ['stochastic-discount-factor'],
};
