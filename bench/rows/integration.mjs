const row = (name, title, unit, script, args) => ({
  name,
  family: 'integration',
  title,
  unit,
  threads: 2,
  rounds: 2,
  ours: { script: `integration/${script}.mjs`, args },
});

export default [
  row('panel-read', '5 million rows x 30 columns of Parquet to a CrossSectionBatch', 'read', 'panel-read', []),
  row('panel-read-shuffled', 'the same, 1 million rows in no order, with sort: true', 'read', 'panel-read', [
    '--rows=1000000',
    '--shuffled=true',
  ]),
  row('predictions-write', '5 million predictions to Parquet', 'table', 'predictions-write', []),
  row('predictions-write-arrow', '5 million predictions to Arrow', 'table', 'predictions-write', ['--format=arrow']),
  {
    name: 'panel-read-scaling',
    family: 'integration',
    title: 'Parquet to a CrossSectionBatch, how the cost grows from 1 million rows x 10 columns',
    unit: 'read',
    threads: 2,
    rounds: 1, // three reads of each size
    scaling: {
      script: 'integration/panel-read.mjs',
      base: { rows: 1_000_000, columns: 10, repeats: 3 },
      axes: { rows: [500_000, 1_000_000, 2_000_000], columns: [5, 10, 20] },
    },
  },
  {
    name: 'panel-stream-scaling',
    family: 'integration',
    title: 'Parquet read part by part, how time and memory grow with the dates (2,500 assets x 20 columns)',
    unit: 'pass',
    threads: 2,
    rounds: 2,
    scaling: {
      script: 'integration/panel-stream.mjs',
      base: { dates: 400, columns: 20 },
      axes: { dates: [200, 400, 800] },
    },
  },
];
