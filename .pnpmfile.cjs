// What a tarball says differs from what the workspace says: the condition that leads to TypeScript sources, for tests and type
// checks of the workspace, leads nowhere in a package without them.
const withoutSources = (exports) =>
  Object.fromEntries(
    Object.entries(exports).map(([entry, target]) => {
      if (target === null || typeof target !== 'object') return [entry, target];
      const { '@ml4t/source': _sources, ...built } = target;
      return [entry, built];
    }),
  );

module.exports = {
  hooks: {
    beforePacking: (manifest) =>
      manifest.exports ? { ...manifest, exports: withoutSources(manifest.exports) } : manifest,
  },
};
