// Numbers inside sentences: the right plural form and the reader's digits. `#` stands for the number.
import type { Language } from '$lib/api';

export interface Forms {
  /** Only where "no …" reads better than "0 …". */
  zero?: string;
  one: string;
  other: string;
}

export function counting(language: Language): (n: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(language);
  const digits = new Intl.NumberFormat(language);
  return (n, forms) => {
    if (n === 0 && forms.zero !== undefined) return forms.zero;
    const form = rules.select(n) === 'one' ? forms.one : forms.other;
    return form.replace('#', digits.format(n));
  };
}
