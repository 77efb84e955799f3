import { expect, it } from '@jest/globals';
import { remedyForText } from '../../src/duckdb/text-numbers.ts';

it.each(['(0.03)', '\u22120.05', '$1,234', '\u20ac 12', '-$3.50', 'USD 12.5', '(1,234)'])(
  'does not advise to blank the number %s',
  (text) => {
    expect(remedyForText(text)).not.toContain('missingValues');
    expect(remedyForText(text)).toContain('plain number');
  },
);

it.each(['n.a.', '--', 'B', 'C', '.x', 'missing'])('advises to state that %s stands for nothing', (text) => {
  expect(remedyForText(text)).toContain(`missingValues: [${JSON.stringify(text)}]`);
});

it.each([
  ['1.234,5', "decimal: ',' and thousands: '.'"],
  ['1,234', "thousands: ','"],
  ['0,5', "decimal: ','"],
  ['3 %', 'percent: true'],
])('names the option that reads %s', (text, option) => {
  expect(remedyForText(text)).toContain(option);
});
