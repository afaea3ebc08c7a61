//! A container whose lines are read, as far as it is known.

use vigie_model::event::ocsf::field;
use vigie_model::event::{Event, Labels};

/// A container; what is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// Its id, 64 hexadecimal digits.
    pub id: String,
    /// Its name; within a pod the one it has there.
    pub name: String,
    /// The image it was started from, by name.
    pub image: String,
    /// The pod it belongs to.
    pub pod: String,
    /// The id of the pod.
    pub pod_uid: String,
    /// What it belongs to.
    pub labels: Labels,
    /// `docker`, `podman`, `cri`.
    pub runtime: &'static str,
}

impl Container {
    /// Says in an event which container printed its record, where the record does not say it itself.
    pub(crate) fn put(&self, event: &mut Event) {
        let values = [
            (field::ACTOR_PROCESS_CONTAINER_UID, &*self.id),
            (field::ACTOR_PROCESS_CONTAINER_NAME, &self.name),
            (field::ACTOR_PROCESS_CONTAINER_IMAGE_NAME, &self.image),
            (field::ACTOR_PROCESS_CONTAINER_POD_UUID, &self.pod_uid),
            (field::ACTOR_PROCESS_CONTAINER_RUNTIME, self.runtime),
        ];
        let is_told =
            event.text(field::ACTOR_PROCESS_CONTAINER_NAME).is_some() || event.text(field::ACTOR_PROCESS_CONTAINER_UID).is_some();
        for (field, value) in values.into_iter().filter(|(_, value)| !is_told && !value.is_empty()) {
            event.set(field, value);
        }
    }
}
