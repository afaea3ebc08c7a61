//! Pods, wherever they are written: alone, or as the template of something that makes them.

use super::at::{At, Faults};
use super::object::Object;
use vigie_model::configuration::Piece;
use vigie_model::text;
use vigie_model::verdict::Verdict;

/// A pod or the template of one.
#[derive(Clone, Debug)]
pub(crate) struct Pod<'a> {
    /// Its metadata.
    pub(crate) meta: At<'a>,
    /// Its specification; locators begin here.
    pub(crate) spec: At<'a>,
}

/// Where an object of a kind has its pod: kind, groups, pointer.
const TEMPLATES: [(&str, &[&str], &str); 9] = [
    ("Pod", &[""], ""),
    ("PodTemplate", &[""], "/template"),
    ("ReplicationController", &[""], "/spec/template"),
    ("Deployment", &["apps", "extensions"], "/spec/template"),
    ("ReplicaSet", &["apps", "extensions"], "/spec/template"),
    ("DaemonSet", &["apps", "extensions"], "/spec/template"),
    ("StatefulSet", &["apps"], "/spec/template"),
    ("Job", &["batch"], "/spec/template"),
    ("CronJob", &["batch"], "/spec/jobTemplate/spec/template"),
];

/// The members of a pod that hold containers, in the order in which they are judged.
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

impl<'a> Pod<'a> {
    /// The pod of an object; none when it is no workload.
    pub(crate) fn of(piece: &'a Piece) -> Option<Self> {
        let object = Object::of(piece);
        let (_, groups, template) = TEMPLATES.iter().find(|(kind, ..)| *kind == piece.kind)?;
        if !groups.contains(&object.group()) {
            return None;
        }
        let at = |member: &str| At { pointer: format!("{template}/{member}"), ..At::top(piece) };
        Some(Self { meta: at("metadata"), spec: at("spec") })
    }

    /// All its containers.
    pub(crate) fn containers(&self, faults: &mut Faults<'a>) -> Vec<At<'a>> {
        CONTAINERS.into_iter().flat_map(|list| self.of_list(list, faults)).collect()
    }

    /// Those that stay, without those that only prepare or debug.
    pub(crate) fn lasting(&self, faults: &mut Faults<'a>) -> Vec<At<'a>> {
        self.of_list("containers", faults)
    }

    fn of_list(&self, list: &str, faults: &mut Faults<'a>) -> Vec<At<'a>> {
        let containers = faults.list(&self.spec.to(list));
        containers.into_iter().map(|at| At { container: at.to("name").word(), ..at }).collect()
    }

    /// All containers that are written out. One without an image is a patch that is laid over another file, which
    /// may well say what is missing here.
    pub(crate) fn whole(&self, faults: &mut Faults<'a>) -> Vec<At<'a>> {
        let mut containers = self.containers(faults);
        containers.retain(|container| container.to("image").is_set());
        containers
    }

    /// Whether the object is written out, and no patch.
    pub(crate) fn is_whole(&self) -> bool {
        self.spec.to("containers").items().iter().any(|container| container.to("image").is_set())
    }

    /// Whether it says that it is for Windows.
    pub(crate) fn is_windows(&self) -> bool {
        self.spec.to("os/name").word() == "windows"
    }

    /// Whether it has users of its own, of which none is one of the host's.
    pub(crate) fn has_own_users(&self, faults: &mut Faults<'a>) -> bool {
        faults.flag(&self.spec.to("hostUsers")).known() == Some(false)
    }
}

/// The verdict of something that is judged of a pod.
pub(crate) fn judged<'a>(piece: &'a Piece, judge: impl FnOnce(&Pod<'a>, &mut Faults<'a>)) -> Verdict {
    let Some(pod) = Pod::of(piece) else {
        return Verdict::not_applicable(text!(
            en "the object makes no pods",
            fr "l’objet ne crée pas de pods",
            de "das Objekt erzeugt keine Pods"
        ));
    };
    let mut faults = Faults::default();
    judge(&pod, &mut faults);
    faults.verdict()
}
