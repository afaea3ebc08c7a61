CREATE TABLE search_alert (
    search TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,       -- goes up with each change, so that no old judgement is stored
    when_word TEXT NOT NULL,        -- at_least, fewer_than
    count INTEGER NOT NULL,
    by_name TEXT,
    window_seconds INTEGER NOT NULL,
    every_seconds INTEGER NOT NULL,
    lag_seconds INTEGER NOT NULL,
    severity TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    judged_to INTEGER NOT NULL,     -- the end of the last window that was judged
    memory TEXT NOT NULL,           -- JSON: what goes on
    trouble TEXT,                   -- JSON: why the next window could not be judged, in three languages
    troubled_at INTEGER
) STRICT;
