// Every call of the HTTP API that the console makes, by name.
import { address, get, patch, post, put, remove, type Query } from './client';
import type {
  AccountSession,
  Asset,
  AssetDetail,
  AssetPatch,
  AuditEntry,
  AuditVerdict,
  CatalogueDetail,
  CatalogueEntry,
  Covered,
  Dashboard,
  Decision,
  EventDetail,
  EventHistogram,
  EventPage,
  EventsAround,
  EventSequences,
  EventTop,
  EventValues,
  Explanation,
  FindingDetail,
  FindingPage,
  FormatBody,
  FormatLines,
  Formats,
  FormatTrial,
  FormatWords,
  ImageDetail,
  Language,
  NewAlert,
  NewDashboard,
  NewDecision,
  NewSearch,
  Overview,
  OwnFormat,
  PassphraseJudgement,
  ProgressAnswer,
  SavedSearch,
  Session,
  SourceCoverage,
  System,
  TotpEnrolment,
} from './types';

export { ApiError, configure } from './client';
export type { Query } from './client';
export type * from './types';

const part = encodeURIComponent;

export const api = {
  session: () => get<Session>('/session'),
  setUp: (body: { token: string; name: string; passphrase: string; language: Language }) => post<Session>('/setup', body),
  judgePassphrase: (body: { name: string; passphrase: string }, signal?: AbortSignal) =>
    post<PassphraseJudgement>('/passphrase/check', body, signal),
  signIn: (body: { name: string; passphrase: string; code?: string }) => post<Session>('/session', body),
  signOut: () => remove('/session'),

  sessions: (signal?: AbortSignal) => get<AccountSession[]>('/account/sessions', {}, signal),
  endSession: (id: string) => remove(`/account/sessions/${part(id)}`),
  enrolTotp: (passphrase: string) => post<TotpEnrolment>('/account/totp', { passphrase }),
  confirmTotp: (code: string) => post<{ recovery_codes: string[] }>('/account/totp/confirm', { code }),
  removeTotp: (passphrase: string) => remove('/account/totp', { passphrase }),

  overview: (signal?: AbortSignal) => get<Overview>('/overview', {}, signal),

  findings: (query: Query, signal?: AbortSignal) => get<FindingPage>('/findings', query, signal),
  finding: (id: string, signal?: AbortSignal) => get<FindingDetail>(`/findings/${part(id)}`, {}, signal),
  explanation: (id: string, signal?: AbortSignal) => get<Explanation>(`/findings/${part(id)}/explanation`, {}, signal),
  setProgress: (body: { ids: string[]; action: 'start' | 'stop'; why: string }) => post<ProgressAnswer>('/findings/progress', body),
  exportAddress: (format: 'csv' | 'json', query: Query) => address('/findings/export', { ...query, format }),

  decide: (body: NewDecision) => post<{ id: string; applied: number }>('/decisions', body),
  decisions: (signal?: AbortSignal) => get<Decision[]>('/decisions', {}, signal),
  withdrawDecision: (id: string, why: string) => remove(`/decisions/${part(id)}`, { why }),

  events: (query: Query, signal?: AbortSignal) => get<EventPage>('/events', query, signal),
  histogram: (query: Query, signal?: AbortSignal) => get<EventHistogram>('/events/histogram', query, signal),
  event: (id: number | string, signal?: AbortSignal) => get<EventDetail>(`/events/${part(String(id))}`, {}, signal),

  top: (query: Query, signal?: AbortSignal) => get<EventTop>('/events/top', query, signal),
  around: (id: number | string, count: number, signal?: AbortSignal) =>
    get<EventsAround>(`/events/${part(String(id))}/around`, { count }, signal),
  sequences: (query: Query, signal?: AbortSignal) => get<EventSequences>('/events/sequences', query, signal),
  eventsExportAddress: (format: 'csv' | 'ndjson' | 'parquet', query: Query) => address('/events/export', { ...query, format }),
  eventNames: (query: Query, signal?: AbortSignal) => get<string[]>('/events/names', query, signal),
  eventValues: (query: Query, signal?: AbortSignal) => get<EventValues>('/events/values', query, signal),
  running: (id: string, signal?: AbortSignal) => get<Covered>(`/events/running/${part(id)}`, {}, signal),
  enough: (id: string) => post<Covered>(`/events/running/${part(id)}/enough`),

  searches: (signal?: AbortSignal) => get<SavedSearch[]>('/searches', {}, signal),
  saveSearch: (body: NewSearch) => post<SavedSearch>('/searches', body),
  changeSearch: (id: string, body: NewSearch) => put<SavedSearch>(`/searches/${part(id)}`, body),
  removeSearch: (id: string) => remove<SavedSearch>(`/searches/${part(id)}`),
  setAlert: (search: string, body: NewAlert) => put<SavedSearch>(`/searches/${part(search)}/alert`, body),
  removeAlert: (search: string) => remove<SavedSearch>(`/searches/${part(search)}/alert`),

  dashboards: (signal?: AbortSignal) => get<Dashboard[]>('/dashboards', {}, signal),
  dashboard: (id: string, signal?: AbortSignal) => get<Dashboard>(`/dashboards/${part(id)}`, {}, signal),
  saveDashboard: (body: NewDashboard) => post<Dashboard>('/dashboards', body),
  changeDashboard: (id: string, body: NewDashboard) => put<Dashboard>(`/dashboards/${part(id)}`, body),
  removeDashboard: (id: string) => remove<Dashboard>(`/dashboards/${part(id)}`),

  assets: (query: Query, signal?: AbortSignal) => get<{ assets: Asset[] }>('/assets', query, signal),
  asset: (id: string, signal?: AbortSignal) => get<AssetDetail>(`/assets/${part(id)}`, {}, signal),
  image: (asset: string, signal?: AbortSignal) => get<ImageDetail>(`/images/${part(asset)}`, {}, signal),
  editAsset: (id: string, body: AssetPatch) => patch<unknown>(`/assets/${part(id)}`, body),

  catalogue: (query: Query, signal?: AbortSignal) => get<CatalogueEntry[]>('/catalogue', query, signal),
  catalogueEntry: (id: string, signal?: AbortSignal) => get<CatalogueDetail>(`/catalogue/${part(id)}`, {}, signal),

  audit: (signal?: AbortSignal) => get<AuditEntry[]>('/audit', {}, signal),
  verifyAudit: () => get<AuditVerdict>('/audit/verify'),

  formats: (signal?: AbortSignal) => get<Formats>('/formats', {}, signal),
  formatWords: (ofClass: string, signal?: AbortSignal) => get<FormatWords>('/formats/words', { class: ofClass }, signal),
  draftFormat: (records: string) => post<FormatLines>('/formats/draft', { records }),
  tryFormat: (body: FormatBody, signal?: AbortSignal) => post<FormatTrial>('/formats/preview', body, signal),
  ownFormat: (name: string, signal?: AbortSignal) => get<OwnFormat>(`/formats/own/${part(name)}`, {}, signal),
  saveFormat: (body: FormatBody) => post<OwnFormat>('/formats/own', body),
  changeFormat: (name: string, body: FormatBody) => put<OwnFormat>(`/formats/own/${part(name)}`, body),
  removeFormat: (name: string) => remove<OwnFormat>(`/formats/own/${part(name)}`),
  coverage: (signal?: AbortSignal) => get<{ sources: SourceCoverage[] }>('/sources/coverage', {}, signal),

  system: (signal?: AbortSignal) => get<System>('/system', {}, signal),
  runRound: (name: string) => post<unknown>(`/rounds/${part(name)}`),

  streamAddress: () => address('/stream'),
};
