CREATE TABLE api_token (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    permissions TEXT NOT NULL,      -- words, separated by spaces
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    refused_at INTEGER,             -- when its use after the end was last noted
    revoked_at INTEGER,
    revoked_by TEXT
) STRICT;
