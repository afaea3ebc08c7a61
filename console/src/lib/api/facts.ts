// Facts about a host, as the inventory stores them. Each section is `Observed`: an ordinary user
// sees less than root, and the facts say so; what could not be read is never shown as empty.

export interface Gap {
  what: string;
  why: string;
  detail?: string;
}

export type Observed<T> = 'not_looked' | 'absent' | { seen: T } | { partly: { value: T; missing: Gap[] } } | { unseen: Gap };

export interface Package {
  ecosystem: string;
  name: string;
  version: string;
  architecture?: string;
  source?: { name: string; version: string };
}

export interface SocketOwner {
  pid: number;
  name: string;
  exe?: string;
  uid?: number;
  container?: string | null;
}

export interface Socket {
  protocol: 'tcp' | 'udp';
  address: string;
  port: number;
  process?: SocketOwner | null;
}

export interface Container {
  engine: string;
  id: string;
  name: string;
  image?: string;
  image_id?: string;
  state?: string;
  pid?: number;
  labels?: Record<string, string>;
}

export type Password = 'unknown' | 'locked' | 'empty' | { hashed: string };

export interface UserAccount {
  name: string;
  uid: number;
  gid: number;
  home?: string;
  shell?: string;
  password?: Password;
  password_changed?: string | null;
  password_max_days?: number | null;
}

export interface Group {
  name: string;
  gid: number;
  members?: string[];
}

export interface PendingUpdate {
  package: string;
  installed: string;
  candidate: string;
  security: boolean;
}

export interface HostFacts {
  taken_at?: string;
  os?: Observed<{ id: string; version_id: string; codename?: string; pretty_name: string }>;
  kernel?: Observed<{ release: string; version: string; machine: string; booted_at?: string | null }>;
  packages?: Observed<Package[]>;
  pending_updates?: Observed<PendingUpdate[]>;
  last_package_change?: Observed<string>;
  last_list_refresh?: Observed<string>;
  reboot_required?: Observed<{ required: boolean; packages: string[] }>;
  users?: Observed<UserAccount[]>;
  groups?: Observed<Group[]>;
  sockets?: Observed<Socket[]>;
  containers?: Observed<Container[]>;
  [section: string]: Observed<unknown> | string | undefined;
}

/** What was seen, whole or in part. */
export function valueOf<T>(observed: Observed<T> | undefined): T | undefined {
  if (observed === undefined || typeof observed === 'string') return undefined;
  if ('seen' in observed) return observed.seen;
  if ('partly' in observed) return observed.partly.value;
  return undefined;
}

/** What could not be seen. */
export function gapsOf(observed: Observed<unknown> | string | undefined): Gap[] {
  if (observed === undefined || typeof observed === 'string') return [];
  if ('partly' in observed) return observed.partly.missing;
  if ('unseen' in observed) return [observed.unseen];
  return [];
}

/** Everything that could not be seen, over all sections. */
export function allGaps(facts: HostFacts): { section: string; gap: Gap }[] {
  return Object.entries(facts).flatMap(([section, observed]) => gapsOf(observed).map((gap) => ({ section, gap })));
}
