//! `vigie scan`: one look, now. No platform is needed, and nothing is recorded but with `--to`.

pub(crate) mod explain;
mod host;
mod image;
mod k8s;
mod packages;
mod parts;
mod places;
mod pss;
mod repo;
mod rest;
mod sbom;
mod send;
mod shown;
mod sought;
mod suppress;
mod tables;
mod tree;

use crate::Ended;
use crate::args::ScanTarget;
use crate::ask::data_path;
use std::path::Path;
use vigie_kit::problem::Problem;
use vigie_model::lang::Lang;
use vigie_server::advisories::AdvisoryFile;

/// Looks once.
pub(crate) fn run(target: ScanTarget, data: Option<&Path>, lang: Lang) -> Result<Ended, Problem> {
    let folder = data_path(data)?;
    let advisories = AdvisoryFile::at(folder.join("advisories"));
    // What is about to be committed, and objects, are not matched: nobody waits for data to be opened in vain.
    if !matches!(&target, ScanTarget::Repo(args) if args.staged) && !matches!(target, ScanTarget::K8s(_)) {
        advisories.take_up()?;
    }
    match target {
        ScanTarget::Host(args) => host::run(&args, &advisories, lang),
        ScanTarget::Image(args) => image::run(&args, &folder, &advisories, lang),
        ScanTarget::Fs(args) => tree::run(&args, &folder, &advisories, lang),
        ScanTarget::Repo(args) => repo::run(&args, &folder, &advisories, lang),
        ScanTarget::Sbom(args) => sbom::run(&args, &folder, &advisories, lang),
        ScanTarget::K8s(args) => k8s::run(&args, lang),
    }
}
