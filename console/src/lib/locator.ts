// Where a finding sits on its asset, from the ledger's canonical text to something a person reads.

/** `pkg:deb/debian/openssl` → `openssl`, `file:/etc/x#y` → `/etc/x · y`, `key:root` → `root`. */
export function placeName(locator: string): string {
  if (locator.startsWith('pkg:')) return packageName(locator);
  if (locator.startsWith('file:')) return locator.slice(5).replace('#', ' · ');
  return locator.replace(/^(endpoint|key):/, '');
}

/** Types of purl whose namespace is a distribution and no part of the package's name. */
const DISTRIBUTIONS = ['deb', 'apk', 'rpm', 'generic'];

/** The package's own name from a purl without version. */
export function packageName(purl: string): string {
  const path = purl.slice(4).split(/[?#@]/)[0] ?? '';
  const [type = '', ...names] = path.split('/');
  const shortened = (DISTRIBUTIONS.includes(type) && names.length > 1 ? names.slice(1) : names).join('/');
  try {
    return decodeURIComponent(shortened);
  } catch {
    return shortened;
  }
}
