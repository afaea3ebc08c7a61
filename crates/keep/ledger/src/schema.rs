//! The tables.
//!
//! Every row that others refer to has a small `number` beside its 16-byte id: indexes are a third of
//! the size with it, and it breaks ties on pages.
//!
//! `finding` is narrow, since pages and counters walk it by the million. What only a finding's own
//! page shows is in `finding_body`; what many findings share (a vulnerable package reads the same on
//! a thousand hosts) is in `wording`, which is also what a text search reads.
//!
//! `finding.bucket` is one number for state, kind, severity, whether it is known to be exploited and
//! whether there is a fix (see `codes.rs`): each index for a sort begins with it.

use vigie_db::Migration;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { name: "assets, findings, history, decisions, counters", sql: FIRST },
    Migration { name: "inventories of every kind of asset, packages by asset", sql: INVENTORIES },
    Migration { name: "images by their layers", sql: CHAINS },
    Migration { name: "names that lead to images", sql: IMAGE_NAMES },
    Migration { name: "findings of an asset by wording", sql: PLACES },
];

const FIRST: &str = "
CREATE TABLE asset (
    number INTEGER NOT NULL PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    kind INTEGER NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    search TEXT NOT NULL,         -- name and key in lower case
    labels TEXT NOT NULL,         -- JSON object; in effect, as the next three columns
    owner TEXT,
    criticality INTEGER NOT NULL,
    exposure INTEGER NOT NULL,
    observed TEXT NOT NULL,       -- JSON: what was observed
    edited TEXT NOT NULL,         -- JSON: what people set, which wins
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    findings INTEGER NOT NULL,    -- kept counters: all, and the active ones by severity
    critical INTEGER NOT NULL,
    high INTEGER NOT NULL,
    medium INTEGER NOT NULL,
    low INTEGER NOT NULL,
    info INTEGER NOT NULL
) STRICT;

CREATE TABLE asset_label (
    asset INTEGER NOT NULL REFERENCES asset (number),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (asset, key)
) STRICT;
CREATE INDEX asset_label_by_value ON asset_label (key, value, asset);

CREATE TABLE relation (
    asset INTEGER NOT NULL REFERENCES asset (number),
    kind INTEGER NOT NULL,
    other BLOB NOT NULL,          -- id of an asset that may not be known yet
    PRIMARY KEY (asset, kind, other)
) STRICT;
CREATE INDEX relation_by_other ON relation (other, kind, asset);

CREATE TABLE inventory (
    asset INTEGER NOT NULL PRIMARY KEY REFERENCES asset (number),
    taken_at INTEGER NOT NULL,
    packages INTEGER NOT NULL,
    facts TEXT NOT NULL
) STRICT;

CREATE TABLE verdict (
    asset INTEGER NOT NULL REFERENCES asset (number),
    rule TEXT NOT NULL,
    outcome INTEGER NOT NULL,
    judged_at INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    PRIMARY KEY (asset, rule)
) STRICT;
CREATE TABLE verdict_counter (
    outcome INTEGER NOT NULL PRIMARY KEY,
    verdicts INTEGER NOT NULL
) STRICT;

CREATE TABLE tool (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE run (
    number INTEGER NOT NULL PRIMARY KEY,
    asset INTEGER NOT NULL REFERENCES asset (number),
    tool INTEGER NOT NULL REFERENCES tool (number),
    at INTEGER NOT NULL,
    found INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    reopened INTEGER NOT NULL,
    fixed INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
CREATE INDEX run_by_time ON run (at);
CREATE INDEX run_by_asset ON run (asset, tool, at);

CREATE TABLE wording (
    number INTEGER NOT NULL PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,  -- of all that follows up to the search text
    kind INTEGER NOT NULL,
    findings INTEGER NOT NULL,    -- kept counters
    active INTEGER NOT NULL,
    problem BLOB NOT NULL,
    subject TEXT NOT NULL,
    locator TEXT NOT NULL,
    title TEXT NOT NULL,
    search TEXT NOT NULL          -- title, subject, locator and aliases in lower case
) STRICT;
CREATE INDEX wording_by_problem ON wording (problem, active);
CREATE INDEX wording_by_subject ON wording (subject);
CREATE INDEX wording_by_locator ON wording (locator);
-- 0 is `vulnerability`: the catalogue shows how many findings each of its rules has.
CREATE INDEX wording_of_rules ON wording (subject, active) WHERE kind <> 0;

CREATE TABLE decision (
    number INTEGER NOT NULL PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    selector TEXT NOT NULL,
    ruling TEXT NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    covers INTEGER NOT NULL,      -- kept counter: findings it is in effect on
    ended_at INTEGER,
    ended_by TEXT,
    ended_why TEXT
) STRICT;
CREATE INDEX decision_in_force ON decision (expires_at) WHERE ended_at IS NULL;

CREATE TABLE finding (
    number INTEGER NOT NULL PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    asset INTEGER NOT NULL REFERENCES asset (number),
    wording INTEGER NOT NULL REFERENCES wording (number),
    bucket INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    title_key TEXT NOT NULL,      -- the beginning of the title in lower case
    until INTEGER,                -- of an accepted one
    justification INTEGER,        -- of one that is not affected
    decision INTEGER REFERENCES decision (number),
    opened_by INTEGER NOT NULL REFERENCES tool (number),
    seen_by INTEGER NOT NULL,     -- one bit for each tool that sees it
    digest INTEGER NOT NULL,      -- of the last occurrence
    known_exploited INTEGER NOT NULL,
    epss REAL,
    fixed_version TEXT
) STRICT;
-- Those for sorts have wording and asset and the one by wording has all that gathering asks for, so
-- that nothing but the index is read: a look into the table costs ten times as much.
CREATE INDEX finding_by_priority ON finding (bucket, priority, number, wording, asset);
CREATE INDEX finding_by_first_seen ON finding (bucket, first_seen, number, wording, asset);
CREATE INDEX finding_by_last_seen ON finding (bucket, last_seen, number, wording, asset);
CREATE INDEX finding_by_title ON finding (bucket, title_key, number, wording, asset);
CREATE INDEX finding_by_asset ON finding (asset);
CREATE INDEX finding_by_wording ON finding (wording, bucket, priority, asset);
CREATE INDEX finding_by_decision ON finding (decision) WHERE decision IS NOT NULL;

CREATE TABLE finding_body (
    finding INTEGER NOT NULL PRIMARY KEY REFERENCES finding (number),
    body TEXT NOT NULL
) STRICT;

CREATE TABLE history (
    number INTEGER NOT NULL PRIMARY KEY,
    finding INTEGER NOT NULL REFERENCES finding (number),
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    change INTEGER NOT NULL,
    old TEXT,
    new TEXT,
    why TEXT NOT NULL,
    decision INTEGER REFERENCES decision (number)
) STRICT;
CREATE INDEX history_by_finding ON history (finding, number);

CREATE TABLE counter (
    bucket INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    findings INTEGER NOT NULL,
    PRIMARY KEY (bucket, priority)
) STRICT;

CREATE TABLE trend (
    day INTEGER NOT NULL PRIMARY KEY,
    opened INTEGER NOT NULL,
    fixed INTEGER NOT NULL,
    active_change INTEGER NOT NULL
) STRICT;
";

/// Facts of hosts were kept before; the next look, minutes later, brings them again.
const INVENTORIES: &str = "
DROP TABLE inventory;
CREATE TABLE inventory (
    asset INTEGER NOT NULL PRIMARY KEY REFERENCES asset (number),
    taken_at INTEGER NOT NULL,
    source TEXT NOT NULL,         -- what it was taken of, such as a store and an image's id
    packages INTEGER NOT NULL,
    judged_by TEXT,               -- fingerprint of the vulnerability data; NULL: not yet, or to be done anew
    facts BLOB NOT NULL           -- JSON, compressed
) STRICT;

CREATE TABLE package (
    number INTEGER NOT NULL PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    ecosystem TEXT NOT NULL,
    name TEXT NOT NULL,
    package TEXT NOT NULL,        -- JSON
    said INTEGER                  -- what the data of said_by say of it, as a number; NULL: not asked
) STRICT;
CREATE INDEX package_by_name ON package (name, ecosystem);
CREATE INDEX package_by_ecosystem ON package (ecosystem);
CREATE INDEX package_unasked ON package (number) WHERE said IS NULL;

CREATE TABLE listed (
    package INTEGER NOT NULL REFERENCES package (number),
    asset INTEGER NOT NULL REFERENCES asset (number),
    PRIMARY KEY (package, asset)
) STRICT;
CREATE INDEX listed_by_asset ON listed (asset, package);

CREATE TABLE said_by (
    data TEXT NOT NULL PRIMARY KEY  -- one row: the data of which the packages' numbers are
) STRICT;
";

/// An image whose layers are the lowest of another is its base: found by what names them together.
const CHAINS: &str = "
ALTER TABLE inventory ADD COLUMN chain TEXT;  -- of an image: its topmost ChainID
CREATE INDEX inventory_by_chain ON inventory (chain) WHERE chain IS NOT NULL;
";

/// Scans that are sent tell by which name an image was found, engines by which other digest they know it.
const IMAGE_NAMES: &str = "
CREATE TABLE image_name (
    name TEXT NOT NULL PRIMARY KEY,
    asset INTEGER NOT NULL REFERENCES asset (number)
) STRICT;
CREATE INDEX image_name_by_asset ON image_name (asset);
";

/// What was seen at one place of an asset is asked for after each update of vulnerability data.
const PLACES: &str = "
DROP INDEX finding_by_asset;
CREATE INDEX finding_by_asset ON finding (asset, wording);
";
