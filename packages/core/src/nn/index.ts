export type {
  Activation,
  Attention,
  Axis,
  BatchNorm,
  ByDate,
  Dense,
  HostValues,
  HostWriter,
  Lstm,
  LstmResult,
  LstmState,
  Ops,
  Parameters,
  Tensor,
} from './ops.ts';
export { CounterRandom, deriveKey, mix, randomBits } from './random.ts';
export { constantValue, kaimingUniform, normal, ones, uniform, values, xavierUniform, zeros } from './initialise.ts';
export type { Initialiser } from './initialise.ts';
export {
  attentionParameters,
  batchNormParameters,
  geluAdapterParameters,
  initialStateParameters,
  initialValues,
  layerNormParameters,
  linearParameters,
  lstmParameters,
  namedValues,
  swigluAdapterParameters,
  variableSelectionParameters,
} from './parameters.ts';
export type { NamedValues, ParameterSpec, ParameterSpecs } from './parameters.ts';
export {
  attentionLayer,
  batchNormLayer,
  film,
  geluAdapter,
  initialStateLayer,
  layerNormLayer,
  linearLayer,
  lstmLayer,
  residualNorm,
  swigluAdapter,
  variableSelection,
  variableSelectionLayer,
} from './layers.ts';
