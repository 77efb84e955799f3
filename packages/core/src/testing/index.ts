// Contract suites: what every model of a family and every engine must do, free of any test runner.
export { assertSameArrays, reachableArrays } from './array-snapshot.ts';
export { engineContract } from './engine/engine-contract.ts';
export type { EngineUnderTest } from './engine/engine-contract.ts';
export { estimatorContract } from './estimator-contract.ts';
export type { ContractCheck, EstimatorUnderTest } from './estimator-contract.ts';
export type { ExtremesUnderTest } from './extremes.ts';
export { characteristicsTimes, returnsTimes } from './units.ts';
export type { UnitFigures, UnitPromise, UnitsUnderTest } from './units.ts';
export { registryContract, type RegisteredContract, type RegistryContractOptions } from './registry-contract.ts';
