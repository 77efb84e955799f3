import { CrossSectionBatch } from '@ml4t/core';
import type { FloatArray } from '@ml4t/core/authoring';

/** A panel as plain arrays in shared memory. */
export type SharedPanel = Parameters<typeof CrossSectionBatch.fromArrays>[0] & {
  readonly timestamps: Float64Array;
  readonly rowOffsets: Int32Array;
  readonly assetIndex: Int32Array;
};

/** Copies the panel into shared memory, once for all workers. */
export function sharedPanel(panel: CrossSectionBatch): SharedPanel {
  const { index, characteristicNames, contextNames } = panel;
  return {
    timestamps: share(index.timestamps),
    rowOffsets: share(index.rowOffsets),
    assetIndex: share(index.assetIndex),
    assetIds: index.assetIds,
    characteristicNames,
    characteristics: share(panel.characteristics),
    returnHorizon: panel.returnHorizon,
    realisationLag: panel.realisationLag,
    ...(panel.returns ? { returns: share(panel.returns) } : {}),
    ...(panel.factorReturns ? { factorReturns: share(panel.factorReturns) } : {}),
    ...(panel.contextFeatures ? { contextNames, contextFeatures: share(panel.contextFeatures) } : {}),
  };
}

export function panelFrom(shared: SharedPanel): CrossSectionBatch {
  return CrossSectionBatch.fromArrays(shared);
}

function share<A extends FloatArray | Int32Array>(array: A): A {
  const Type = array.constructor as new (buffer: SharedArrayBuffer) => A;
  const copy = new Type(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}
