/**
 * A here-document, from the delimiter on, that gives exactly `text`: nothing in it is expanded, and no line of it
 * can end it. An empty text gives nothing; any other must end in a newline.
 */
export function heredoc(text: string): string {
  if (text !== '' && !text.endsWith('\n')) throw new Error('a here-document ends in a newline');
  let delimiter = 'END_OF_FILE';
  while (text.split('\n').includes(delimiter)) delimiter += '_';
  return `'${delimiter}'\n${text}${delimiter}\n`;
}
