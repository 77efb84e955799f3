// What the author of a model needs and its user does not.
export { ClosedFormModel, type Estimation, type EstimationReport } from './closed-form-model.ts';
export { FittedModel, type ModelFit } from './fitted-model.ts';
