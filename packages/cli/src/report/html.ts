/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A table: the first column names the rows, the others are numbers. Cells are text, not HTML. */
export function htmlTable(
  caption: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  options: { readonly lastRowApart?: boolean } = {},
): string {
  const head = header.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join('');
  const body = rows.map((row, i) => {
    const [first, ...others] = row.map(escapeHtml);
    const apart = options.lastRowApart && i === rows.length - 1 ? ' class="apart"' : '';
    return `<tr${apart}><th scope="row">${first}</th>${others.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(caption)}"><table>` +
    `<caption><span>${escapeHtml(caption)}</span></caption><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`
  );
}

export interface Figure {
  /** What the picture is of, in a few words. */
  readonly title: string;
  /** What one sees and in which unit. */
  readonly caption: string;
  readonly svg: string;
  readonly legend?: readonly LegendEntry[] | undefined;
  /** The numbers, as a table. */
  readonly numbers?: string | undefined;
}

export interface LegendEntry {
  readonly label: string;
  /** A CSS colour. */
  readonly color: string;
  readonly dashed?: boolean | undefined;
}

export function figure({ title, caption, svg, legend, numbers }: Figure): string {
  const entries = (legend ?? []).map(
    ({ label, color, dashed }) =>
      // Colours as attributes: the page allows no style but its sheet.
      `<li><svg class="swatch" viewBox="0 0 19 4" aria-hidden="true"><path d="M0 2h19" stroke="${escapeHtml(color)}" stroke-width="3"${
        dashed ? ' stroke-dasharray="5 3"' : ''
      }/></svg>${escapeHtml(label)}</li>`,
  );
  return [
    '<figure>',
    `<h3>${escapeHtml(title)}</h3>`,
    svg,
    entries.length > 0 ? `<ul class="legend">${entries.join('')}</ul>` : '',
    `<figcaption>${escapeHtml(caption)}</figcaption>`,
    numbers ? `<details><summary>Numbers</summary>${numbers}</details>` : '',
    '</figure>',
  ].join('\n');
}
