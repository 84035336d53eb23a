import { expect, test } from 'vitest';
import { longestGap, percentile } from './figures.ts';

test('the longest gap counts from the begin and to the end', () => {
  expect(longestGap([10, 20, 50, 55], 0, 60)).toBe(30);
  expect(longestGap([40], 0, 60)).toBe(40);
  expect(longestGap([10], 0, 60)).toBe(50);
  expect(longestGap([], 5, 60)).toBe(55);
  expect(longestGap([20, 10], 0, 21)).toBe(10);
});

test('a percentile is a value that occurred', () => {
  const values = Array.from({ length: 100 }, (_, n) => 100 - n);
  expect(percentile(values, 0.5)).toBe(50);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeNull();
});
