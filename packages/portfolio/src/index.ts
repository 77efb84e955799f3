export {
  networkConfigSchema,
  portfolioConfigSchema,
  type NetworkConfig,
  type NetworkConfigInput,
  type PortfolioConfig,
  type PortfolioConfigInput,
} from './config.ts';
