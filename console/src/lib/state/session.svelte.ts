// Who is signed in and what they may do. The server decides again on every call; the console only
// hides what it would refuse.
import { api, configure, type Permission, type Session, type User } from '$lib/api';
import { lang } from '$lib/i18n/index.svelte';

class SessionState {
  #session = $state.raw<Session | null>(null);
  /** Set when a running session ended under the reader's hands. */
  ended = $state(false);
  /** The server was updated while this page stood open. */
  outdated = $state(false);

  get state(): Session['state'] | null {
    return this.#session?.state ?? null;
  }

  get user(): User | null {
    return this.#session?.user ?? null;
  }

  get version(): string {
    return this.#session?.version ?? '';
  }

  may(permission: Permission): boolean {
    return this.#session?.permissions.includes(permission) ?? false;
  }

  /** Takes over what the server says about the session. */
  async take(session: Session): Promise<void> {
    if (this.#session !== null && this.#session.version !== session.version) this.outdated = true;
    configure({ csrf: session.csrf });
    const language = session.user?.language;
    if (language !== undefined && !lang.chosen && language !== lang.code) await lang.speak(language);
    this.#session = session;
  }

  async refresh(): Promise<void> {
    await this.take(await api.session());
  }

  /** After a 401: asks whether the session is gone, and says so to the page. */
  async check(): Promise<boolean> {
    const was = this.state;
    try {
      await this.refresh();
    } catch {
      return false;
    }
    const gone = was === 'signed_in' && this.state !== 'signed_in';
    if (gone) this.ended = true;
    return gone;
  }

  async signOut(): Promise<void> {
    await api.signOut();
    await this.refresh();
  }
}

export const session = new SessionState();

configure({ ended: () => session.check() });
