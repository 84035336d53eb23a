import { expect, test } from 'vitest';
import type { Finding } from '../../src/model/finding.ts';
import { renderFindings } from '../../src/render/findings.ts';

const error: Finding = {
  rule: 'client-undeclared',
  severity: 'error',
  file: 'playbooks/home.yaml',
  line: 7,
  column: 22,
  endLine: 7,
  endColumn: 28,
  message: 'the client is not declared',
  found: '"desktp"',
  remedy: 'did you mean "desktop"?',
  snippet: { text: '\t     ssh: { client: desktp }', start: 21, length: 6 },
};
/** An escape, its one-byte form, a reversal, a space of no width, a line of its own, and a letter that nobody sees. */
const UNSEEN = ['\u001b', '\u009b', '\u202e', '\u200b', '\u2028', '\u{e0041}'];
const warning: Finding = { ...error, severity: 'warning', rule: 'client-unused', line: 9 };

test('text: place, what is wrong, what was found, the rule, the line with marks, how to mend it', () => {
  expect(renderFindings([error], 'text')).toBe(
    [
      'playbooks/home.yaml:7:22: error: the client is not declared: found "desktp" [client-undeclared]',
      '  7 | \t     ssh: { client: desktp }',
      `    | \t${' '.repeat(20)}^^^^^^`,
      '  mend: did you mean "desktop"?',
      '',
      'invalid: 1 error, 0 warnings',
      '',
    ].join('\n'),
  );
});

test('text: warnings alone are valid, and so is nothing', () => {
  expect(renderFindings([warning], 'text')).toMatch(/\nvalid: 0 errors, 1 warning\n$/);
  expect(renderFindings([], 'text')).toBe('valid\n');
});

test('json: counts and all that is known', () => {
  expect(JSON.parse(renderFindings([error, warning], 'json'))).toEqual({
    errors: 1,
    warnings: 1,
    findings: [error, warning],
  });
});

test('github: one escaped workflow command for each', () => {
  const nasty = { ...error, file: 'a,b:c%.yaml', message: 'one\ntwo\r::error::three', found: '100%' };
  expect(renderFindings([nasty, warning], 'github').split('\n')).toEqual([
    '::error file=a%2Cb%3Ac%25.yaml,line=7,col=22,endLine=7,endColumn=28,title=client-undeclared::one%0Atwo%0D::error::three: found 100%25; mend: did you mean "desktop"?',
    '::warning file=playbooks/home.yaml,line=9,col=22,endLine=7,endColumn=28,title=client-unused::the client is not declared: found "desktp"; mend: did you mean "desktop"?',
    '',
  ]);
});

test('what a terminal would obey is made visible', () => {
  const text = renderFindings(
    [
      {
        ...error,
        message: `a${UNSEEN.join('')}c`,
        snippet: { text: `x${UNSEEN.join('')}y`, start: 0, length: 1 },
      },
    ],
    'text',
  );
  for (const character of UNSEEN) expect(text).not.toContain(character);
  expect(text).toContain(`a${'\ufffd'.repeat(UNSEEN.length)}c`);
});

test('programs read what stands there, and a terminal that shows it is not moved', () => {
  const nasty = { ...error, message: `a${UNSEEN.join('')}c`, file: `${UNSEEN.join('')}.yaml` };
  const [json, github] = [renderFindings([nasty], 'json'), renderFindings([nasty], 'github')];
  for (const character of UNSEEN) expect(json + github).not.toContain(character);
  expect(JSON.parse(json).findings).toEqual([nasty]);
});
