// Records that another page hands to the maker of formats. Not in the address: they may hold what
// nobody else should read.
let records = '';

export function handOver(given: readonly string[]): void {
  records = given.join('\n');
}

/** What was handed over; once. */
export function taken(): string {
  const given = records;
  records = '';
  return given;
}
