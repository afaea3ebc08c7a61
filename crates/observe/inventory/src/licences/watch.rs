//! Looks at licence files as they pass by.

use super::{Recognised, TEXT_BYTES_MAX, of_file};
use crate::content::{Meta, Setting};
use crate::watch::{Watch, Watcher};
use serde_json::{Value, json};
use vigie_model::image::Remark;

/// The name of its remarks.
const NAME: &str = "licences";
/// Changes when other things are found in the same files.
const VERSION: u32 = 1;
/// Beginnings of the names of licence files, in small letters.
const NAMES: [&str; 6] = ["license", "licence", "copying", "copyright", "unlicense", "mit-license"];
/// Endings of files that are called so and hold something else.
const OTHERS: [&str; 22] = [
    "c", "cc", "class", "cpp", "css", "go", "gz", "h", "html", "java", "js", "json", "lua", "mo", "php", "pl", "po", "py", "pyc",
    "rb", "rs", "ts",
];

/// Whether a file is one with licences, by its path.
#[must_use]
pub fn is_licence_file(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folder_is = |wanted: &str| folder == wanted || folder.ends_with(&format!("/{wanted}"));
    if folder_is("LICENSES") || folder.starts_with("usr/share/licenses/") || folder.contains(".dist-info/licenses") {
        return true;
    }
    let name = name.to_ascii_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    NAMES.iter().any(|begin| name.starts_with(begin)) && !OTHERS.contains(&ending)
}

/// Recognises licence files.
#[derive(Clone, Copy, Debug, Default)]
pub struct LicenceFiles;

impl Watch for LicenceFiles {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> String {
        VERSION.to_string()
    }

    fn start(&self, _setting: Setting) -> Box<dyn Watcher + '_> {
        Box::new(Passing { path: String::new(), bytes: Vec::new() })
    }
}

struct Passing {
    path: String,
    bytes: Vec<u8>,
}

impl Watcher for Passing {
    fn file(&mut self, meta: &Meta<'_>) -> bool {
        self.bytes.clear();
        meta.path.clone_into(&mut self.path);
        meta.size > 0 && is_licence_file(meta.path)
    }

    fn bytes(&mut self, chunk: &[u8]) {
        let room = TEXT_BYTES_MAX.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(chunk.get(..room).unwrap_or(chunk));
    }

    fn end(&mut self) -> Vec<Value> {
        let found = of_file(&self.path, &self.bytes);
        let listed: Vec<Value> = found.iter().map(|it| json!([it.id, it.confidence])).collect();
        if listed.is_empty() { Vec::new() } else { vec![json!(listed)] }
    }
}

/// What a remark says; none where it is another watcher's.
pub(super) fn of_remark(remark: &Remark) -> Option<Vec<Recognised>> {
    let listed = remark.value.as_array().filter(|_| remark.watcher == NAME)?;
    let one = |value: &Value| {
        let confidence = value.get(1)?.as_u64().and_then(|number| u8::try_from(number).ok())?;
        Some(Recognised { id: value.get(0)?.as_str()?.to_owned(), confidence })
    };
    Some(listed.iter().filter_map(one).collect())
}
