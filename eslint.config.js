import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

export default [
  { ignores: ['**/dist/**', '**/out-tsc/**', '**/coverage/**', '**/*.cjs', '**/kernels/**'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: {
      globals: { console: 'readonly', process: 'readonly', performance: 'readonly', URL: 'readonly' },
    },
  },
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: [],
          banTransitiveDependencies: true,
          depConstraints: [
            { sourceTag: 'layer:core', onlyDependOnLibsWithTags: [] },
            { sourceTag: 'layer:family', onlyDependOnLibsWithTags: ['layer:core'] },
            { sourceTag: 'layer:app', onlyDependOnLibsWithTags: ['layer:core', 'layer:family', 'layer:testing'] },
            // The fuzz workspace tries everything, the command included.
            {
              sourceTag: 'layer:fuzz',
              onlyDependOnLibsWithTags: ['layer:core', 'layer:family', 'layer:app', 'layer:testing'],
            },
            { sourceTag: 'layer:testing', onlyDependOnLibsWithTags: [] },
          ],
        },
      ],
    },
  },
  {
    // A power of two numbers is the one elementary function whose last bit differs between versions of V8: results would.
    files: ['packages/*/src/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'Math',
          property: 'pow',
          message: 'Its last bit depends on the version of Node: multiply, or use Math.exp.',
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector:
            ":matches(BinaryExpression[operator='**'], AssignmentExpression[operator='**=']):not([right.value=2]):not([left.value=2])",
          message:
            'The last bit of a power depends on the version of Node, but for squares and whole powers of 2: multiply, or use Math.exp or Math.cbrt.',
        },
      ],
    },
  },
];
