CREATE TABLE dashboard (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    body TEXT NOT NULL,             -- JSON: window and tiles
    owner TEXT NOT NULL,
    shared INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX dashboard_own ON dashboard (owner, name) WHERE shared = 0;
CREATE UNIQUE INDEX dashboard_shared ON dashboard (name) WHERE shared = 1;
