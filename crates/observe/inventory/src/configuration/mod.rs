//! Configuration in files: recipes of images, objects of a cluster, services, resources of a cloud, as [`Piece`]s.
//!
//! [`read`] is a function from a file's name and bytes to the pieces declared in it; one file here for each form.
//! [`Configurations`] watches a source tree for such files. Nothing is fetched, run or rendered: a template that
//! is not rendered yet is a gap with a hint, a value that is only known later is an unknown value.
//!
//! Holds: a file of another purpose gives no pieces and no gap; one that is broken gives a gap.

mod arm;
mod compose;
mod dockerfile;
mod document;
mod json;
pub mod kubernetes;
mod terraform;

use crate::content::{Meta, Setting};
use crate::watch::{Watch, Watcher};
use document::Document;
use serde::Deserialize;
use serde_json::Value;
use vigie_model::configuration::Piece;
use vigie_model::image::Remark;
use vigie_model::observed::{Gap, Obstacle};

/// The largest file that is read.
pub const BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The most pieces of one file.
pub const PIECES_MAX: usize = 10_000;

/// The name under which [`Configurations`] makes its remarks.
pub const WATCHER: &str = "configuration";

/// Why a file gives no pieces.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is not what its name says, or broken.
    #[error("{0}")]
    Broken(String),
    /// It is a template that something else has to render first.
    #[error("a template that is not rendered")]
    Template,
    /// It is in Bicep, which is read as the template that it becomes.
    #[error("Bicep is read as the template that `bicep build` makes of it")]
    Bicep,
}

/// Reads one form of file whose text is no YAML or JSON.
struct TextReader {
    /// Whether a file is of this form, by its path in small letters.
    is: fn(&str) -> bool,
    /// Reads it.
    read: fn(path: &str, text: &str) -> Result<Vec<Piece>, Unreadable>,
}

/// Readers of files by name; the first that wants a file gets it.
static TEXTS: &[TextReader] = &[
    TextReader { is: dockerfile::is, read: dockerfile::read },
    TextReader { is: terraform::is, read: terraform::read },
    TextReader { is: arm::is_bicep, read: arm::read_bicep },
];

/// Finds the pieces of one form in a document of YAML or JSON; none for documents of another purpose.
type Recognise = fn(path: &str, document: &Document) -> Vec<Piece>;

/// Forms that are written in YAML or JSON; the first that recognises a document gets it.
static DOCUMENTS: &[Recognise] = &[kubernetes::recognise, compose::recognise, arm::recognise, terraform::plan::recognise];

/// Words of which a document of any form has at least one: others are not even parsed.
const MARKS: [&str; 4] = ["apiVersion", "services", "eploymentTemplate.json", "terraform_version"];

/// Second step, over all pieces of a scan: puts in what other files of a folder say (Terraform's variables and locals).
pub fn link(pieces: &mut [Piece]) {
    terraform::link::link(pieces);
}

/// Whether a file may hold configuration, by its path.
#[must_use]
pub fn may_hold(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    is_document(&path) || TEXTS.iter().any(|reader| (reader.is)(&path))
}

fn is_document(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json")
}

/// Reads a file.
///
/// # Errors
/// [`Unreadable`] when it is of a form we know and broken. YAML and JSON that nobody recognises is no error.
pub fn read(path: &str, bytes: &[u8]) -> Result<Vec<Piece>, Unreadable> {
    let small = path.to_ascii_lowercase();
    let text = || std::str::from_utf8(bytes).map_err(|_| Unreadable::Broken("it is not UTF-8".to_owned()));
    let mut pieces = match TEXTS.iter().find(|reader| (reader.is)(&small)) {
        Some(reader) => (reader.read)(path, text()?)?,
        None if is_document(&small) => of_documents(path, text()?)?,
        None => Vec::new(),
    };
    pieces.truncate(PIECES_MAX);
    Ok(pieces)
}

fn of_documents(path: &str, text: &str) -> Result<Vec<Piece>, Unreadable> {
    if !MARKS.iter().any(|mark| text.contains(mark)) {
        return Ok(Vec::new());
    }
    let documents = if path.to_ascii_lowercase().ends_with(".json") {
        match json::read(text) {
            Ok(document) => vec![document],
            Err(_) if kubernetes::is_template(text) => return Err(Unreadable::Template),
            // Much that is called JSON is a sample of something broken, or of another dialect.
            Err(_) if !["eploymentTemplate.json", "apiVersion"].iter().any(|mark| text.contains(mark)) => Vec::new(),
            Err(error) => return Err(error),
        }
    } else if kubernetes::is_template(text) {
        return Err(Unreadable::Template);
    } else {
        document::read(text)?
    };
    let recognised = |document: &Document| {
        DOCUMENTS.iter().map(|recognise| recognise(path, document)).find(|pieces| !pieces.is_empty()).unwrap_or_default()
    };
    Ok(documents.iter().flat_map(recognised).collect())
}

/// Finds configuration in source trees.
#[derive(Clone, Copy, Debug, Default)]
pub struct Configurations;

impl Watch for Configurations {
    fn name(&self) -> &'static str {
        WATCHER
    }

    fn version(&self) -> String {
        "1".to_owned()
    }

    fn start(&self, setting: Setting) -> Box<dyn Watcher + '_> {
        Box::new(Collected { setting, path: String::new(), bytes: Vec::new() })
    }
}

struct Collected {
    setting: Setting,
    path: String,
    bytes: Vec<u8>,
}

impl Watcher for Collected {
    fn file(&mut self, meta: &Meta<'_>) -> bool {
        self.bytes.clear();
        meta.path.clone_into(&mut self.path);
        self.setting == Setting::Source && meta.size <= BYTES_MAX && may_hold(meta.path)
    }

    fn bytes(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
    }

    fn end(&mut self) -> Vec<Value> {
        match read(&self.path, &self.bytes) {
            // A piece is made of JSON and always becomes JSON again.
            Ok(pieces) => pieces.iter().filter_map(|piece| serde_json::to_value(piece).ok()).collect(),
            Err(error) => vec![serde_json::json!({ "unreadable": error.to_string() })],
        }
    }
}

/// The pieces among the remarks of a scan, linked, and files that could not be read.
#[must_use]
pub fn gathered(remarks: &[Remark]) -> (Vec<Piece>, Vec<Gap>) {
    let mut pieces = Vec::new();
    let mut gaps = Vec::new();
    for remark in remarks.iter().filter(|remark| remark.watcher == WATCHER) {
        match Piece::deserialize(&remark.value) {
            Ok(piece) => pieces.push(piece),
            Err(_) => {
                let why = remark.value["unreadable"].as_str().unwrap_or_default();
                gaps.push(Gap::new(&remark.path, Obstacle::Unreadable, why));
            }
        }
    }
    link(&mut pieces);
    (pieces, gaps)
}
