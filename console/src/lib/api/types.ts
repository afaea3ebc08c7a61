// The nouns of the HTTP API as the console reads them. One word per thing, the same as in the
// server's model. Unions list the words of today; the wire may bring a newer one, so every place
// that shows a word falls back to the word itself (see `i18n/words.ts`).

export type Language = 'en' | 'fr' | 'de';
export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info';
export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];

export type FindingKind =
  | 'vulnerability'
  | 'misconfiguration'
  | 'exposure'
  | 'weak_crypto'
  | 'secret'
  | 'licence'
  | 'malware'
  | 'policy_violation'
  | 'detection'
  | 'pentest';
export const FINDING_KINDS: readonly FindingKind[] = [
  'vulnerability',
  'misconfiguration',
  'exposure',
  'weak_crypto',
  'secret',
  'licence',
  'malware',
  'policy_violation',
  'detection',
  'pentest',
];

export type StateWord = 'open' | 'in_progress' | 'fixed' | 'accepted' | 'not_affected' | 'false_positive';
export type StateFilter = 'active' | StateWord | 'all';
export const STATE_FILTERS: readonly StateFilter[] = [
  'active',
  'open',
  'in_progress',
  'accepted',
  'not_affected',
  'false_positive',
  'fixed',
  'all',
];

export const JUSTIFICATIONS = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
] as const;
export type Justification = (typeof JUSTIFICATIONS)[number];

export type State =
  | { state: 'open' | 'in_progress' | 'fixed' | 'false_positive' }
  | { state: 'accepted'; until: string }
  | { state: 'not_affected'; justification: Justification };

export type Ruling =
  { ruling: 'accept'; until: string } | { ruling: 'not_affected'; justification: Justification } | { ruling: 'false_positive' };

export type KnownExploited = 'no' | 'yes' | 'ransomware';
export type Exposure = 'unknown' | 'local' | 'network' | 'internet';
export const EXPOSURES: readonly Exposure[] = ['unknown', 'local', 'network', 'internet'];
export type Criticality = 'low' | 'normal' | 'high' | 'vital';
export const CRITICALITIES: readonly Criticality[] = ['low', 'normal', 'high', 'vital'];

export type Permission =
  | 'read_findings'
  | 'work_on_findings'
  | 'decide_findings'
  | 'read_events'
  | 'share_searches'
  | 'manage_formats'
  | 'read_assets'
  | 'edit_assets'
  | 'read_catalogue'
  | 'read_system'
  | 'run_rounds'
  | 'read_audit'
  | 'manage_own_account';

// -- sessions ------------------------------------------------------------------------------------

export interface User {
  id: string;
  name: string;
  role: string;
  totp: boolean;
  language: Language;
}

export interface Session {
  state: 'setup' | 'signed_out' | 'signed_in';
  csrf: string;
  user: User | null;
  permissions: Permission[];
  version: string;
}

export interface PassphraseJudgement {
  acceptable: boolean;
  score: number;
  said: string;
}

export interface AccountSession {
  id: string;
  created_at: string;
  last_seen_at: string;
  address: string;
  agent: string;
  current: boolean;
}

export interface TotpEnrolment {
  secret: string;
  uri: string;
  qr_svg: string;
}

// -- findings ------------------------------------------------------------------------------------

export interface AssetRef {
  id: string;
  kind: string;
  name: string;
}

export interface FindingRow {
  id: string;
  kind: FindingKind;
  subject: string;
  title: string;
  severity: Severity;
  priority: number;
  state: State;
  asset: AssetRef;
  locator: string;
  fixed_version: string | null;
  known_exploited: KnownExploited;
  epss: number | null;
  first_seen: string;
  last_seen: string;
}

export interface Facets {
  severity: Partial<Record<Severity, number>>;
  kind: Partial<Record<FindingKind, number>>;
  state: Partial<Record<StateWord, number>>;
}

export interface FindingPage {
  findings: FindingRow[];
  next: string | null;
  total: number | null;
  facets: Facets;
}

export interface Evidence {
  locator: string;
  place?: string;
  found: string;
  expected?: string;
}

export interface VulnerabilityDetail {
  aliases: string[];
  package: string;
  ecosystem: string;
  installed: string;
  fixed: string | null;
  cvss_vector?: string | null;
  summary?: string;
  references?: string[];
  known_exploited?: KnownExploited;
}

export interface DetectionDetail {
  first_event: string;
  last_event: string;
  events: number[];
  count: number;
  entity: [string, string][];
  techniques: string[];
  author: string;
}

export interface Circumstances {
  cvss?: number | null;
  known_exploited?: KnownExploited;
  epss?: number | null;
  exposure?: Exposure;
  runs?: boolean | null;
}

export interface HistoryEntry {
  at: string;
  who: string;
  what: string;
  from?: unknown;
  to?: unknown;
  why?: string | null;
}

export interface Selector {
  findings?: string[];
  subject?: string;
  package?: string;
  asset?: string;
  kind?: FindingKind;
  label?: string;
}

export interface Decision {
  id: string;
  selector: Selector;
  ruling: Ruling;
  reason: string;
  author: string;
  created_at: string;
  expires_at: string;
  ended_at: string | null;
  covers: number;
}

export interface RuleTexts {
  looks_for: string;
  why: string;
  fix: string;
}

export interface FindingDetail extends FindingRow {
  evidence: Evidence[];
  vulnerability: VulnerabilityDetail | null;
  detection: DetectionDetail | null;
  circumstances: Circumstances;
  texts: RuleTexts | null;
  history: HistoryEntry[];
  decision: Decision | null;
  problem: { id: string; others: number };
}

export interface NewDecision {
  selector: Selector;
  ruling: Ruling;
  reason: string;
  expires_at: string;
}

export interface ProgressAnswer {
  changed: number;
  refused: { id: string; said: string }[];
}

// -- overview ------------------------------------------------------------------------------------

export interface TrendDay {
  day: string;
  opened: number;
  fixed: number;
  active: number;
}

export interface Bucket {
  from: string;
  count: number;
}

export interface Unseen {
  what: string;
  why: string;
}

export interface CountCell {
  kind: FindingKind;
  severity: Severity;
  state: StateWord;
  count: number;
}

export interface Coverage {
  hosts: number;
  containers: number;
  packages: number;
  checks: { pass: number; fail: number; unknown: number; not_applicable: number };
  sources_live: number;
  sources_total: number;
  advisories_built_at: string | null;
  unseen: Unseen[];
}

export interface Overview {
  needs_me: { critical: number; high: number; kev: number; detections_24h: number; expiring_decisions: number };
  counts: CountCell[];
  top: FindingRow[];
  trend: TrendDay[];
  coverage: Coverage;
  recent_detections: FindingRow[];
  events_24h: { count: number; histogram: Bucket[] };
}

// -- events --------------------------------------------------------------------------------------

export type FieldValue = string | number | boolean | (string | number)[] | null;

/** Where an event belongs, as its source was told or found out. */
export const LABELS = ['cluster', 'namespace', 'workload', 'team', 'environment', 'tenant'] as const;
export type Label = (typeof LABELS)[number];

export interface EventRow {
  id: number;
  time: string;
  received: string;
  class: string;
  class_uid: number;
  activity: string;
  severity: string;
  host: string;
  source: string;
  format: string;
  message: string;
  labels: Partial<Record<Label, string>>;
  fields: Record<string, FieldValue>;
}

/** How far a search has come. */
export interface Covered {
  files: number;
  files_total: number;
  events: number;
  events_total: number;
}

/** Every answer about events says whether all was gone through, and how far it came. */
export interface Coverable {
  /** Ended before all was gone through. */
  partial: boolean;
  covered: Covered;
}

export interface EventPage extends Coverable {
  events: EventRow[];
  next: string | null;
  scanned: number;
  took_ms: number;
}

/** Events that follow each other. */
export interface EventSequences extends Coverable {
  /** The names that they are joined by. */
  by: string[];
  sequences: { by: string[]; first: string; last: string; events: EventRow[] }[];
  more: boolean;
}

/** Values that a query may go on with. */
export interface EventValues {
  values: { value: string; count: number }[];
  partial: boolean;
}

export interface EventHistogram extends Coverable {
  from: string;
  to: string;
  width_s: number;
  counts: Bucket[];
  total: number;
}

/** The values of a name that occur most. */
export interface EventTop extends Coverable {
  values: { value: string; count: number }[];
  different: number;
  /** Events with a value that is not among `values`. */
  others: number;
  /** Events that have no value. */
  without: number;
  /** By how much a count may be too low; 0 when all are exact. */
  uncertain: number;
}

/** What the same source said about the same host, in the order of time. */
export interface EventsAround {
  before: EventRow[];
  after: EventRow[];
}

export interface EventDetail extends EventRow {
  raw: string;
  raw_encoding: 'text' | 'base64';
  ocsf: Record<string, unknown>;
  unmapped: Record<string, unknown>;
}

// -- saved searches, alerts, dashboards ------------------------------------------------------------

/** So many seconds up to now, or from one time to another. */
export interface Timespan {
  last_s: number | null;
  from: string | null;
  to: string | null;
}

export interface NewSearch extends Timespan {
  name: string;
  q: string;
  columns: string[];
  shared: boolean;
}

export interface NewAlert {
  /** One of the two. */
  at_least: number | null;
  fewer_than: number | null;
  by: string | null;
  window_s: number;
  every_s: number;
  lag_s: number;
  severity: Severity;
}

export interface Alert extends NewAlert {
  set_by: string;
  state: 'quiet' | 'going_on' | 'failing';
  judged_to: string;
  last_count: number | null;
  going_on: { value: string; since: string }[];
  going_on_total: number;
  trouble: string | null;
  troubled_at: string | null;
}

export interface SavedSearch extends NewSearch {
  id: string;
  owner: string;
  created_at: string;
  changed_at: string;
  changed_by: string;
  editable: boolean;
  alert: Alert | null;
}

export const SHOWN = ['histogram', 'top', 'count', 'table'] as const;
export type Shown = (typeof SHOWN)[number];

/** Where a tile lies on the grid of twelve columns. */
export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface NewTile extends Place {
  search: string | null;
  q: string | null;
  title: string | null;
  show: Shown;
  by: string | null;
  columns: string[];
  limit: number | null;
}

export interface Tile extends NewTile, Timespan {
  title: string;
  sequence: boolean;
}

export interface NewDashboard {
  name: string;
  shared: boolean;
  last_s: number;
  tiles: NewTile[];
}

export interface Dashboard extends NewDashboard {
  id: string;
  owner: string;
  changed_at: string | null;
  changed_by: string | null;
  editable: boolean;
  tiles: Tile[];
}

// -- assets --------------------------------------------------------------------------------------

export interface Asset extends AssetRef {
  key: string;
  labels: Record<string, string>;
  owner: string | null;
  criticality: Criticality;
  exposure: Exposure;
  findings: Partial<Record<Severity, number>>;
  last_seen: string | null;
}

export interface AssetVerdict {
  id: string;
  title: string;
  severity: Severity;
  verdict:
    | { outcome: 'pass' }
    | { outcome: 'fail'; evidence: Evidence[] }
    | { outcome: 'not_applicable' | 'unknown'; reason: string | Record<Language, string> };
}

export interface AssetRelation {
  kind: string;
  direction: 'to' | 'from';
  asset: AssetRef;
}

export interface Lifecycle {
  standard_until: string | null;
  extended_until: string | null;
}

export interface AssetDetail extends Asset {
  relations: AssetRelation[];
  facts: import('./facts').HostFacts | null;
  verdicts: AssetVerdict[];
  lifecycle: Lifecycle | null;
}

export interface ImageLayer {
  diff_id: string;
  bytes: number;
  bytes_unpacked: number;
  wasted_bytes: number;
  created_by: string;
  complete: boolean;
  /** None where it cannot be told. */
  from_base: boolean | null;
  packages: number;
  findings: Partial<Record<Severity, number>>;
}

export interface ImagePackage {
  name: string;
  version: string;
  ecosystem: string;
  path: string;
  layer: number | null;
  licences: string[];
  worst: Severity | null;
}

/** A newer version of an image's base that is known. */
export interface NewerBase {
  image: AssetRef;
  step: string;
  removes: string[];
  brings: string[];
  of: number;
}

/** Why a finding is there: in sections, a command begins with `$ `. */
export interface Explanation {
  from: 'base' | 'own' | 'both' | null;
  layers: number[];
  sections: { heading: string; lines: string[] }[];
}

/** An image, looked into. */
export interface ImageDetail {
  names: string[];
  digest: string | null;
  platform: string;
  os: string | null;
  created: string | null;
  user: string;
  entrypoint: string[];
  cmd: string[];
  ports: string[];
  layers: ImageLayer[];
  base: {
    name: string | null;
    digest: string | null;
    named_by: string | null;
    layers: number | null;
    told_by: string | null;
    image: AssetRef | null;
    newer: NewerBase[];
  };
  packages: ImagePackage[];
  packages_total: number;
  containers: { container: AssetRef; state: string; host: AssetRef | null }[];
  gaps: string[];
}

export interface AssetPatch {
  /** Empty for nobody. */
  owner?: string;
  criticality?: Criticality;
  exposure?: Exposure;
  labels?: Record<string, string>;
}

// -- catalogue -----------------------------------------------------------------------------------

export interface CatalogueEntry {
  id: string;
  family: string;
  title: string;
  severity: Severity;
  maturity: string;
  tags: string[];
  references: string[];
  findings: number;
}

export interface CatalogueExample {
  kind: string;
  note: string | null;
  body: string;
}

export interface CatalogueDetail extends CatalogueEntry, RuleTexts {
  reads: string[];
  examples: CatalogueExample[];
  rule: string | null;
}

// -- audit trail ---------------------------------------------------------------------------------

export interface AuditEntry {
  number: number;
  at: string;
  who: string;
  what: string;
  on: string;
  detail: unknown;
}

export interface AuditVerdict {
  whole: boolean;
  entries: number | null;
  head: string | null;
  broken_at: number | null;
}

// -- log formats ---------------------------------------------------------------------------------

export interface Formats {
  formats: { format: string; title: string; by: string[] }[];
  own: { name: string; format: string; title: string; samples: number; problem: string | null }[];
}

/** A page as a form. */
export interface FormatDraft {
  title: string;
  format: string;
  kind: 'json' | 'pairs' | 'text';
  class: string;
  activity: string;
  /** Of text: lines with named parts. */
  lines: string[];
  /** Of records: names that tell them from others. */
  recognise: string[];
  parts: { name: string; example: string; target: string }[];
}

/** Pasted lines, who reads them, and a first page for the others. */
export interface FormatLines {
  lines: { line: string; format: string | null }[];
  draft: FormatDraft | null;
}

export type FormatBody = { records: string } & ({ draft: FormatDraft } | { page: string });

/** What a page makes of records. */
export interface FormatTrial {
  page: string;
  draft: FormatDraft | null;
  problem: string | null;
  lines: {
    line: string;
    read: boolean;
    format: string;
    class: string;
    class_caption: string;
    activity: string;
    severity: string;
    time: string;
    host: string;
    fields: { name: string; value: string }[];
    unmapped: { name: string; value: string }[];
    why: string | null;
  }[];
  failed: string[];
}

export interface OwnFormat {
  name: string;
  page: string;
  draft: FormatDraft | null;
  records: string[];
}

export interface FormatWords {
  classes: { word: string; caption: string }[];
  activities: { word: string; caption: string }[];
  fields: { path: string; kind: string }[];
  kinds: string[];
}

/** What of a source's records was understood. */
export interface SourceCoverage {
  source: string;
  received: number;
  parsed: number;
  unparsed: number;
  set_aside: number;
  formats: { format: string; events: number }[];
  forms: { events: number; line: string }[];
  of_other_forms: number;
}

// -- system --------------------------------------------------------------------------------------

export interface Source {
  name: string;
  kind: string;
  state: string;
  said: string | null;
  received: number;
  parsed: number;
  unparsed: number;
  acknowledged: number;
  refused: number;
  /** Records that the system says it dropped before they could be read. */
  lost?: number;
  last_event_at: string | null;
  lag_s: number | null;
}

export interface Round {
  name: string;
  last_started_at: string | null;
  last_took_ms: number | null;
  next_at: string | null;
  said: string | null;
  failed?: boolean;
}

/** Object storage that the files of events are on. */
export interface LakeStore {
  address: string;
  state: string;
  failing_since: string | null;
  problem: string | null;
  answered_at: string | null;
  waiting_files: number;
  sent: number;
  sent_bytes: number;
  failed: number;
  fetched_bytes: number;
  cached_bytes: number;
  cached_bytes_max: number;
  cache_hits: number;
  cache_misses: number;
}

export interface System {
  version: string;
  started_at: string;
  sources: Source[];
  lake: {
    events: number;
    bytes: number;
    oldest: string | null;
    newest: string | null;
    files: number;
    place: string;
    unsealed: number;
    unsealed_since: string | null;
    log_bytes: number;
    seal_failing_since: string | null;
    set_aside: number;
    last_merge: { at: string; files: number; events: number } | null;
    last_check: { at: string; head: number; files: number | null; faults: number } | null;
    store: LakeStore | null;
  };
  advisories: {
    built_at: string;
    records: number;
    ecosystems: { name: string; records: number; newest: string | null }[];
    kev: number;
    epss: number;
    bytes: number;
  } | null;
  rounds: Round[];
  database_bytes: number;
  disk_free_bytes: number | null;
}
