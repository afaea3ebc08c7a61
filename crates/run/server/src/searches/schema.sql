CREATE TABLE saved_search (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    last_seconds INTEGER,           -- the window: so long up to now,
    from_time INTEGER,              -- or between these two
    to_time INTEGER,
    columns TEXT NOT NULL,          -- JSON: names
    owner TEXT NOT NULL,
    shared INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX saved_search_own ON saved_search (owner, name) WHERE shared = 0;
CREATE UNIQUE INDEX saved_search_shared ON saved_search (name) WHERE shared = 1;
