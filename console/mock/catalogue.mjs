// The catalogue of the mock: the project's own pages under content/, read as they are, and a few
// detections of its own, so that the console can be worked on before or beside the server.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CONTENT = fileURLToPath(new URL('../../content/', import.meta.url));
const LANGUAGES = ['en', 'fr', 'de'];

function frontMatter(text) {
  const [, head = '', body = ''] = /^\+\+\+\n([\s\S]*?)\n\+\+\+\n([\s\S]*)$/.exec(text) ?? [];
  const fields = {};
  for (const [, name, value] of head.matchAll(/^(\w+) = (.+)$/gm)) {
    fields[name] = value.startsWith('[') ? [...value.matchAll(/"([^"]*)"/g)].map((match) => match[1]) : value.replace(/^"|"$/g, '');
  }
  return {
    fields,
    sections: body
      .split(/^## .*$/m)
      .slice(1)
      .map((section) => section.trim()),
  };
}

function examplesOf(section = '') {
  return [...section.matchAll(/```\w+ (\w+)(?:: "([^"]*)")?\n([\s\S]*?)```/g)].map(([, kind, note = '', body]) => ({
    kind,
    note,
    body: body.trim(),
  }));
}

function entryOf(folder, family) {
  const texts = {};
  let head = {};
  let examples = [];
  for (const language of LANGUAGES) {
    const path = `${folder}/${language}.md`;
    if (!existsSync(path)) return null;
    const { fields, sections } = frontMatter(readFileSync(path, 'utf8'));
    if (language === 'en') {
      head = fields;
      examples = examplesOf(sections[3]);
    }
    const [looks_for = '', why = '', fix = ''] = sections;
    texts[language] = { title: fields.title, looks_for, why, fix };
  }
  const rule = existsSync(`${folder}/rule.yml`) ? readFileSync(`${folder}/rule.yml`, 'utf8') : null;
  const { id, severity, maturity, reads = [], references = [], tags = [] } = head;
  return { id, family, severity, maturity, reads, references, tags, texts, examples, rule };
}

function pages(family) {
  const found = [];
  for (const group of existsSync(`${CONTENT}${family}`) ? readdirSync(`${CONTENT}${family}`).toSorted() : []) {
    for (const name of readdirSync(`${CONTENT}${family}/${group}`).toSorted()) {
      const entry = entryOf(`${CONTENT}${family}/${group}/${name}`, family);
      if (entry !== null) found.push(entry);
    }
  }
  return found.toSorted((a, b) => a.id.localeCompare(b.id));
}

const detection = (id, severity, technique, titles, looks_for, why, fix) => ({
  id,
  family: 'detections',
  severity,
  maturity: 'stable',
  reads: ['authentication'],
  references: [`https://attack.mitre.org/techniques/${technique.replace('.', '/')}/`],
  tags: [`attack.${technique.toLowerCase()}`],
  technique,
  texts: Object.fromEntries(
    LANGUAGES.map((language, at) => [language, { title: titles[at], looks_for: looks_for[at], why: why[at], fix: fix[at] }]),
  ),
  examples: [],
  rule: `title: ${titles[0]}\nid: ${id}\nstatus: stable\nlogsource:\n    product: linux\ndetection:\n    selection:\n        message|contains: example\n    condition: selection\nlevel: ${severity}\n`,
});

export const DETECTIONS = [
  detection(
    'MOCK-0001',
    'high',
    'T1110.001',
    ['Password guessing over SSH', 'Recherche de mots de passe par SSH', 'Passwortraten über SSH'],
    [
      'Many failed passwords from one address within minutes.',
      'De nombreux mots de passe refusés depuis une même adresse en quelques minutes.',
      'Viele abgelehnte Passwörter von einer Adresse binnen Minuten.',
    ],
    [
      'Guessing goes on until it works. A guess that works gives the account.',
      'Les essais continuent jusqu’à réussir ; une réussite livre le compte.',
      'Geraten wird, bis es gelingt; ein Treffer gibt das Konto her.',
    ],
    [
      'Allow keys only: `PasswordAuthentication no`. Limit the address range that may reach the port.',
      'N’autorisez que les clés : `PasswordAuthentication no`. Limitez les adresses qui atteignent le port.',
      'Lassen Sie nur Schlüssel zu: `PasswordAuthentication no`. Begrenzen Sie, wer den Port erreicht.',
    ],
  ),
  detection(
    'MOCK-0002',
    'critical',
    'T1078',
    ['Password guessing followed by success', 'Mot de passe deviné, puis connexion réussie', 'Passwortraten mit anschließendem Erfolg'],
    [
      'A sign-in from an address that had failed many times just before.',
      'Une connexion depuis une adresse qui vient d’échouer de nombreuses fois.',
      'Eine Anmeldung von einer Adresse, die kurz zuvor vielfach gescheitert war.',
    ],
    [
      'The account is most likely in foreign hands.',
      'Le compte est très probablement entre des mains étrangères.',
      'Das Konto ist sehr wahrscheinlich in fremder Hand.',
    ],
    [
      'End the session, lock the account, look at what it did since.',
      'Fermez la session, verrouillez le compte, examinez ce qu’il a fait depuis.',
      'Beenden Sie die Sitzung, sperren Sie das Konto, sehen Sie nach, was es seither tat.',
    ],
  ),
  detection(
    'MOCK-0003',
    'medium',
    'T1136.001',
    ['Account created outside working hours', 'Compte créé en dehors des heures de travail', 'Konto außerhalb der Arbeitszeit angelegt'],
    ['`useradd` at night or at the weekend.', '`useradd` la nuit ou le week-end.', '`useradd` nachts oder am Wochenende.'],
    [
      'Attackers add accounts to come back later.',
      'Les attaquants ajoutent des comptes pour revenir plus tard.',
      'Angreifer legen Konten an, um wiederzukommen.',
    ],
    [
      'Ask who did it. If nobody did, lock the account and keep the machine as it is.',
      'Demandez qui l’a fait. Sinon, verrouillez le compte et gardez la machine en l’état.',
      'Fragen Sie nach, wer es war. War es niemand, sperren Sie das Konto und lassen die Maschine, wie sie ist.',
    ],
  ),
  detection(
    'MOCK-0004',
    'high',
    'T1548.003',
    ['sudo used by an account that may not', 'sudo utilisé par un compte non autorisé', 'sudo von einem unberechtigten Konto'],
    ['sudo says `user NOT in sudoers`.', 'sudo dit `user NOT in sudoers`.', 'sudo meldet `user NOT in sudoers`.'],
    [
      'Whoever holds a stolen account tries this first.',
      'Qui détient un compte volé commence par là.',
      'Wer ein gestohlenes Konto hat, versucht das zuerst.',
    ],
    [
      'Ask the person. A typing error happens once, not ten times.',
      'Demandez à la personne. Une faute de frappe arrive une fois, pas dix.',
      'Fragen Sie die Person. Ein Tippfehler passiert einmal, nicht zehnmal.',
    ],
  ),
];

export const CHECKS = pages('checks');
export const CATALOGUE = [...CHECKS, ...pages('detections'), ...DETECTIONS];
export const byId = new Map(CATALOGUE.map((entry) => [entry.id, entry]));

/** The title in a language, or the bare id. */
export const titleOf = (id, language) => byId.get(id)?.texts[language]?.title ?? id;
