import { isInstalled } from '../runner/installed.mjs';

const row = (measure, title, unit) => ({
  name: `sae-${measure}`,
  family: 'sae',
  title,
  unit,
  threads: 2,
  rounds: measure === 'epoch' ? 2 : 3,
  ours: { script: 'neural/sae-epoch.mjs', args: [`--measure=${measure}`] },
  peer: { script: 'peers/sae.py', args: [`--measure=${measure}`], needs: ['numpy', 'torch'] },
});

/** The same on TensorFlow's kernels, where they are installed. */
const onTfjsNode = (row) => ({
  ...row,
  name: `${row.name}-tfjs-node`,
  title: `${row.title}, on tfjs-node`,
  ours: { ...row.ours, args: [...row.ours.args, '--engine=tfjs-node'] },
});

const rows = [
  row(
    'epoch',
    'Supervised autoencoder, default widths: 120 dates x 1000 assets x 94 characteristics, batches of 4096',
    'epoch',
  ),
  row('predict', 'Supervised autoencoder: prediction of 120 dates x 1000 assets', 'prediction'),
];

export default isInstalled('@tensorflow/tfjs-node') ? [...rows, ...rows.map(onTfjsNode)] : rows;
