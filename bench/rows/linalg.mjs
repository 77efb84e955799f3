const operations = {
  product: '1000 x 1000 times 1000 x 1000',
  gram: "Z'Z of 3000 x 94",
  eigen: 'symmetric eigenproblem of order 500, all vectors',
  'leading-eigenvectors': "leading 6 eigenvectors of A'A, A 600 x 500",
  cholesky: 'Cholesky factor of order 564',
  svd: 'thin singular value decomposition of 3000 x 94',
  'least-squares': 'minimum-norm least squares of 3000 x 94',
};

export default Object.entries(operations).map(([operation, title]) => ({
  name: `linalg-${operation}`,
  family: 'linalg',
  title,
  unit: 'operation',
  ours: { script: 'linalg/operation.mjs', args: [operation] },
  peer: { script: 'peers/linalg.py', args: [operation], needs: ['numpy'] },
}));
