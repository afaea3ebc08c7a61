//! Dashboards: saved searches side by side, each shown in its way.
//!
//! A dashboard holds no answers and asks nothing: whoever shows it asks each tile's question. Those that we ship are pages
//! in `content/dashboards`; they are shared, and nobody changes them. For those of people the rules of saved searches hold,
//! and what a shared one shows must be shared as well.

use super::{Asker, Searches, SearchesError, Span, checked_name, checked_query, new_id};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::LazyLock;
use vigie_access::audit::{self, Entry};
use vigie_db::{DbError, Reader, Row, Writer, params};
use vigie_lake::{Sequence, Values};
use vigie_model::lang::{Lang, Text};
use vigie_model::text;
use vigie_model::time::Timestamp;

/// Most tiles of a dashboard.
const TILES_MAX: usize = 40;
/// Columns of the grid that tiles lie on.
const GRID_WIDTH: u32 = 12;
/// Rows of the grid.
const GRID_HEIGHT: u32 = 200;
/// Most values or events of a tile.
const LIMIT_MAX: u32 = 100;
/// Most dashboards of one owner.
const DASHBOARDS_MAX: i64 = 200;
/// Whose the dashboards are that we ship.
const OURS: &str = "vigie";

/// The pages that we ship.
const PAGES: &[(&str, &str)] = &[
    ("sign-ins.toml", include_str!("../../../../../content/dashboards/sign-ins.toml")),
    ("web.toml", include_str!("../../../../../content/dashboards/web.toml")),
];

/// How the answer of a tile is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Show {
    /// How many over time.
    Histogram,
    /// The values that occur most.
    Top,
    /// How many.
    Count,
    /// The newest.
    Table,
}

/// One tile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tile {
    /// The saved search, by its id,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) search: Option<String>,
    /// or a query of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) q: Option<String>,
    /// What to write above it; the name of its search when nothing is said.
    #[serde(default)]
    pub(crate) title: Title,
    /// How it is shown.
    pub(crate) show: Show,
    /// Of a top: the name whose values are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<String>,
    /// Of a table: the columns, those of its search when nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) columns: Vec<String>,
    /// How many values or events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<u32>,
    /// The first column of the grid, from 0.
    pub(crate) x: u32,
    /// The first row of the grid, from 0.
    pub(crate) y: u32,
    /// Columns of the grid.
    pub(crate) width: u32,
    /// Rows of the grid.
    pub(crate) height: u32,
}

/// A title: one, or one in each language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Title {
    /// As somebody wrote it.
    One(String),
    /// As we ship it.
    Each(Text),
}

impl Default for Title {
    fn default() -> Self {
        Self::One(String::new())
    }
}

impl Title {
    /// The title for a reader.
    pub(crate) fn get(&self, lang: Lang) -> &str {
        match self {
            Self::One(title) => title,
            Self::Each(text) => text.get(lang),
        }
    }
}

/// What a dashboard shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Body {
    /// The window of tiles with a query of their own: so many seconds up to now.
    pub(crate) last_s: i64,
    /// The tiles.
    pub(crate) tiles: Vec<Tile>,
}

/// A dashboard to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewDashboard {
    /// What to call it.
    pub(crate) name: String,
    /// What it shows.
    pub(crate) body: Body,
    /// Whether everybody sees it.
    pub(crate) shared: bool,
}

/// A dashboard that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dashboard {
    /// Its id.
    pub(crate) id: String,
    /// What it is called.
    pub(crate) name: Title,
    /// What it shows.
    pub(crate) body: Body,
    /// Whether everybody sees it.
    pub(crate) shared: bool,
    /// Whose it is.
    pub(crate) owner: String,
    /// When it was last changed, by whom; nothing for those that we ship.
    pub(crate) changed: Option<(Timestamp, String)>,
}

impl Dashboard {
    /// Whether somebody who sees it may change it.
    pub(crate) fn is_editable(&self, asker: &Asker) -> bool {
        self.changed.is_some() && if self.shared { asker.may_share } else { self.owner == asker.name }
    }
}

/// A page as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    id: String,
    name: Text,
    last_s: i64,
    tiles: Vec<Tile>,
}

/// The dashboards that we ship. A test holds that each can be read.
static SHIPPED: LazyLock<Vec<Dashboard>> = LazyLock::new(|| PAGES.iter().filter_map(|(_, page)| shipped(page).ok()).collect());

fn shipped(page: &str) -> Result<Dashboard, toml::de::Error> {
    let Page { id, name, last_s, tiles } = toml::from_str(page)?;
    let body = Body { last_s, tiles };
    Ok(Dashboard { id, name: Title::Each(name), body, shared: true, owner: OURS.to_owned(), changed: None })
}

macro_rules! dashboard_where {
    ($rest:literal) => {
        concat!("SELECT id, name, body, shared, owner, changed_at, changed_by FROM dashboard ", $rest)
    };
}

impl Searches {
    /// The dashboards that somebody sees: theirs and shared ones by name, then those that we ship.
    ///
    /// # Errors
    /// [`SearchesError::Db`].
    pub(crate) fn dashboards(&self, asker: &Asker) -> Result<Vec<Dashboard>, SearchesError> {
        let sql = dashboard_where!("WHERE shared = 1 OR owner = $1 ORDER BY name, shared, id");
        let mut all = self.db.read(|reader| reader.query(sql, params![asker.name], stored))?;
        all.extend(SHIPPED.iter().cloned());
        Ok(all)
    }

    /// The dashboard of an id.
    ///
    /// # Errors
    /// [`SearchesError::NotFound`], [`SearchesError::Db`].
    pub(crate) fn dashboard(&self, asker: &Asker, id: &str) -> Result<Dashboard, SearchesError> {
        match SHIPPED.iter().find(|shipped| shipped.id == id) {
            Some(shipped) => Ok(shipped.clone()),
            None => self.db.read(|reader| find(reader, asker, id)),
        }
    }

    /// Keeps a dashboard for its owner.
    ///
    /// # Errors
    /// See [`SearchesError`].
    pub(crate) fn save_dashboard(&self, asker: &Asker, new: NewDashboard) -> Result<Dashboard, SearchesError> {
        let new = self.checked(asker, new)?;
        if new.shared && !asker.may_share {
            return Err(SearchesError::Forbidden);
        }
        let (id, now) = (new_id()?, self.clock.now());
        self.db.write(|writer| {
            let sql = "SELECT count(*) FROM dashboard WHERE owner = $1";
            let own: i64 = writer.query_one(sql, params![asker.name], |row| row.get(0))?;
            if own >= DASHBOARDS_MAX {
                return Err(SearchesError::Invalid(text!(
                    en "Nobody keeps more than {DASHBOARDS_MAX} dashboards: remove some first",
                    fr "Nul ne garde plus de {DASHBOARDS_MAX} tableaux de bord : supprimez-en d’abord",
                    de "Niemand behält mehr als {DASHBOARDS_MAX} Dashboards: entfernen Sie zuerst einige",
                )));
            }
            let inserted = writer.execute(
                "INSERT INTO dashboard (id, name, body, owner, shared, created_at, changed_at, changed_by)
                 VALUES ($1, $2, $3, $4, $5, $6, $6, $4)",
                params![id, new.name, json!(new.body).to_string(), asker.name, new.shared, now],
            );
            inserted.map_err(super::store::name_taken)?;
            self.note_dashboard(writer, asker, "save_dashboard", (&id, &new.name))?;
            find(writer, asker, &id)
        })
    }

    /// Replaces what a dashboard is.
    ///
    /// # Errors
    /// See [`SearchesError`].
    pub(crate) fn change_dashboard(&self, asker: &Asker, id: &str, new: NewDashboard) -> Result<Dashboard, SearchesError> {
        let new = self.checked(asker, new)?;
        self.db.write(|writer| {
            let before = self.editable(writer, asker, id)?;
            if new.shared != before.shared && (!asker.may_share || before.owner != asker.name) {
                return Err(SearchesError::Forbidden);
            }
            let updated = writer.execute(
                "UPDATE dashboard SET name = $2, body = $3, shared = $4, changed_at = $5, changed_by = $6 WHERE id = $1",
                params![id, new.name, json!(new.body).to_string(), new.shared, self.clock.now(), asker.name],
            );
            updated.map_err(super::store::name_taken)?;
            self.note_dashboard(writer, asker, "change_dashboard", (id, &new.name))?;
            find(writer, asker, id)
        })
    }

    /// Removes a dashboard, and tells what it was.
    ///
    /// # Errors
    /// See [`SearchesError`].
    pub(crate) fn remove_dashboard(&self, asker: &Asker, id: &str) -> Result<Dashboard, SearchesError> {
        self.db.write(|writer| {
            let before = self.editable(writer, asker, id)?;
            writer.execute("DELETE FROM dashboard WHERE id = $1", params![id])?;
            self.note_dashboard(writer, asker, "remove_dashboard", (id, before.name.get(Lang::En)))?;
            Ok(before)
        })
    }

    fn editable(&self, reader: &Reader<'_>, asker: &Asker, id: &str) -> Result<Dashboard, SearchesError> {
        if SHIPPED.iter().any(|shipped| shipped.id == id) {
            return Err(SearchesError::Forbidden);
        }
        let found = find(reader, asker, id)?;
        if found.is_editable(asker) { Ok(found) } else { Err(SearchesError::Forbidden) }
    }

    fn note_dashboard(
        &self,
        writer: &Writer<'_>,
        asker: &Asker,
        what: &str,
        (id, name): (&str, &str),
    ) -> Result<(), SearchesError> {
        let detail = json!({ "id": id }).to_string();
        let entry = Entry { who: asker.name.clone(), what: what.to_owned(), on: name.to_owned(), detail };
        Ok(audit::append(writer, self.clock.now(), &entry)?)
    }

    /// The dashboard if it can be kept: named, within the limits, each tile understood and seen by whoever sees it.
    fn checked(&self, asker: &Asker, mut new: NewDashboard) -> Result<NewDashboard, SearchesError> {
        new.name = checked_name(&new.name)?;
        let count = new.body.tiles.len();
        if count > TILES_MAX || !Span::Last(new.body.last_s).is_valid() {
            return Err(SearchesError::Invalid(text!(
                en "A dashboard has at most {TILES_MAX} tiles, and a window of so many seconds",
                fr "Un tableau de bord a au plus {TILES_MAX} tuiles, et une fenêtre exprimée en secondes",
                de "Ein Dashboard hat höchstens {TILES_MAX} Kacheln und ein Zeitfenster in Sekunden",
            )));
        }
        for (tile, number) in new.body.tiles.iter_mut().zip(1_usize..) {
            if !tile.fits() {
                return Err(SearchesError::Invalid(text!(
                    en "Tile {number} does not fit: it lies on {GRID_WIDTH} columns, names a search or a query, and of a top the values to count",
                    fr "La tuile {number} ne convient pas : elle tient sur {GRID_WIDTH} colonnes, nomme une recherche ou une requête et, pour un palmarès, les valeurs à compter",
                    de "Kachel {number} passt nicht: sie liegt auf {GRID_WIDTH} Spalten, nennt eine Suche oder eine Abfrage und bei einer Rangliste die gezählten Werte",
                )));
            }
            tile.by.as_deref().map(Values::of).transpose().map_err(SearchesError::Query)?;
            tile.q.as_deref().map(checked_query).transpose()?;
            if let Some(search) = &mut tile.search {
                let saved = self.find(asker, search)?;
                if new.shared && !saved.search.shared {
                    let name = saved.search.name;
                    return Err(SearchesError::Invalid(text!(
                        en "The search {name} is not shared, so a shared dashboard cannot show it",
                        fr "La recherche {name} n’est pas partagée : un tableau de bord partagé ne peut pas la montrer",
                        de "Die Suche {name} ist nicht geteilt, ein geteiltes Dashboard kann sie nicht zeigen",
                    )));
                }
                *search = saved.id;
                tile.fits_to(&saved.search.query, number)?;
            }
            tile.fits_to(tile.q.as_deref().unwrap_or_default(), number)?;
        }
        Ok(new)
    }
}

impl Tile {
    /// Sequences are not counted by time or value.
    fn fits_to(&self, query: &str, number: usize) -> Result<(), SearchesError> {
        if self.show == Show::Table || !Sequence::is_meant(query) {
            return Ok(());
        }
        Err(SearchesError::Invalid(text!(
            en "Tile {number} asks for a sequence, which is shown as a table",
            fr "La tuile {number} demande une séquence, qui se montre en tableau",
            de "Kachel {number} fragt nach einer Sequenz, die als Tabelle gezeigt wird",
        )))
    }

    fn fits(&self) -> bool {
        let right = self.x.saturating_add(self.width);
        let bottom = self.y.saturating_add(self.height);
        let on_grid = self.width > 0 && self.height > 0 && right <= GRID_WIDTH && bottom <= GRID_HEIGHT;
        on_grid
            && self.search.is_some() != self.q.is_some()
            && (self.show == Show::Top) == self.by.is_some()
            && self.limit.is_none_or(|limit| (1..=LIMIT_MAX).contains(&limit))
            && super::are_columns(&self.columns)
            && self.title.get(Lang::En).chars().count() <= super::NAME_CHARS_MAX
    }
}

fn find(reader: &Reader<'_>, asker: &Asker, id: &str) -> Result<Dashboard, SearchesError> {
    let sql = dashboard_where!("WHERE id = $1 AND (shared = 1 OR owner = $2)");
    reader.query_opt(sql, params![id, asker.name], stored)?.ok_or(SearchesError::NotFound)
}

fn stored(row: &Row<'_>) -> Result<Dashboard, DbError> {
    Ok(Dashboard {
        id: row.get(0)?,
        name: Title::One(row.get(1)?),
        body: row.map(2, "a dashboard", |text: String| serde_json::from_str(&text).ok())?,
        shared: row.get(3)?,
        owner: row.get(4)?,
        changed: Some((row.get(5)?, row.get(6)?)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{asker, search, searches};
    use super::*;

    #[test]
    fn every_page_that_we_ship_is_listed_and_could_be_saved() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../content/dashboards");
        let mut files: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        assert_eq!(files, PAGES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        let (searches, _db) = searches();
        for (name, page) in PAGES {
            let Dashboard { id, name: title, body, .. } = shipped(page).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(format!("{id}.toml"), *name);
            let new = NewDashboard { name: title.get(Lang::De).to_owned(), body, shared: true };
            searches.save_dashboard(&asker("ada", true), new).unwrap();
        }
    }

    #[test]
    fn dashboards_follow_the_rules_of_searches() {
        let (searches, _db) = searches();
        let (ada, eva) = (asker("ada", true), asker("eva", false));
        let own = searches.save(&ada, search("own", "x", false)).unwrap();
        let tile = |search: &str| Tile {
            search: Some(search.to_owned()),
            q: None,
            title: Title::default(),
            show: Show::Count,
            by: None,
            columns: Vec::new(),
            limit: None,
            x: 0,
            y: 0,
            width: 12,
            height: 1,
        };
        let new = |tile: Tile, shared| NewDashboard { name: "d".into(), body: Body { last_s: 60, tiles: vec![tile] }, shared };
        let kept = searches.save_dashboard(&ada, new(tile("own"), false)).unwrap();
        assert_eq!(kept.body.tiles[0].search.as_deref(), Some(&*own.id), "searches may be renamed");
        assert!(matches!(searches.dashboard(&eva, &kept.id), Err(SearchesError::NotFound)));
        assert!(matches!(searches.save_dashboard(&ada, new(tile("own"), true)), Err(SearchesError::Invalid(_))));
        assert!(matches!(searches.save_dashboard(&eva, new(tile("own"), false)), Err(SearchesError::NotFound)));
        for wrong in [
            Tile { x: 1, ..tile("own") },
            Tile { show: Show::Top, ..tile("own") },
            Tile { q: Some("x".into()), ..tile("own") },
            Tile { height: 0, ..tile("own") },
            Tile { limit: Some(0), ..tile("own") },
            Tile { search: None, q: Some("sequence with maxspan=5m [a] [b]".into()), ..tile("own") },
        ] {
            assert!(matches!(searches.change_dashboard(&ada, &kept.id, new(wrong, false)), Err(SearchesError::Invalid(_))));
        }
        assert!(matches!(searches.remove_dashboard(&ada, "sign-ins"), Err(SearchesError::Forbidden)));
        assert_eq!(searches.dashboards(&ada).unwrap().len(), 1 + PAGES.len());
        searches.remove_dashboard(&ada, &kept.id).unwrap();
        assert_eq!(searches.dashboards(&ada).unwrap().len(), PAGES.len());
    }
}
