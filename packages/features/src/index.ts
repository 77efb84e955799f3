export { compileFormula, compileFormulas, type CompiledFormula, type CompileOptions, type WarmUp } from './compile.ts';
export { deriveFeatures, deriveTarget, formulaFunctionNames, type FeaturePanel } from './derive.ts';
export type { Expression, Window } from './formula/expression.ts';
export { formulaFunctions, type FunctionSignature, type Parameter } from './formula/functions.ts';
export { formulasOf, type FeatureSet, type NamedFormula } from './sets/feature-set.ts';
export { featureSets } from './sets/index.ts';
