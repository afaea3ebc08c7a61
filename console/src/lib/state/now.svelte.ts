// The present, as the page shows it: one clock for all "5 minutes ago", moved twice a minute.
const STEP_MS = 30_000;

class Now {
  at = $state(Date.now());

  start(): () => void {
    const timer = setInterval(() => (this.at = Date.now()), STEP_MS);
    return () => clearInterval(timer);
  }
}

export const now = new Now();
