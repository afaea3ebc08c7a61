//! An event as OCSF JSON.
