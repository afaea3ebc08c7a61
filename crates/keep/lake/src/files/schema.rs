//! The columns of a file.
//!
//! Every file of a class has the same columns, so an engine reads a class as one table; over classes
//! it must unite the columns by name. The list below may grow: a reader goes by what a file has.

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use std::sync::Arc;
use vigie_model::event::{Class, FieldId, FieldKind, Label};

/// Names of the columns that every file has.
pub(crate) mod name {
    pub(crate) const ID: &str = "id";
    pub(crate) const TIME: &str = "time";
    pub(crate) const RECEIVED: &str = "received";
    pub(crate) const CLASS: &str = "class_uid";
    pub(crate) const ACTIVITY: &str = "activity_id";
    pub(crate) const SEVERITY: &str = "severity_id";
    pub(crate) const SOURCE: &str = "source";
    pub(crate) const FORMAT: &str = "format";
    pub(crate) const HOST: &str = "host";
    pub(crate) const FIELDS: &str = "fields";
    pub(crate) const UNMAPPED: &str = "unmapped";
    pub(crate) const MESSAGE: &str = "message";
    pub(crate) const MESSAGE_AT: &str = "message_at";
    pub(crate) const MESSAGE_CHARS: &str = "message_chars";
    pub(crate) const RAW: &str = "raw";
    pub(crate) const RAW_BASE64: &str = "raw_base64";
}

/// Fields that have a column of their own in the files of the classes that have them. Those marked
/// are the entities that people look for across everything: they get a Bloom filter.
const SEARCHED: &[(&str, bool)] = &[
    ("action", false),
    ("actor.process.cmd_line", false),
    ("actor.process.container.image.name", false),
    ("actor.process.container.name", false),
    ("actor.process.container.uid", true),
    ("actor.process.name", true),
    ("actor.process.path", false),
    ("actor.process.pid", false),
    ("actor.process.user.name", false),
    ("actor.session.uid", false),
    ("actor.user.email_addr", false),
    ("actor.user.name", true),
    ("actor.user.uid", false),
    ("api.operation", false),
    ("api.request.uid", false),
    ("api.response.code", false),
    ("api.service.name", false),
    ("app.name", false),
    ("app_protocol_name", false),
    ("auth_protocol", false),
    ("cloud.account.uid", false),
    ("cloud.region", false),
    ("connection_info.direction", false),
    ("connection_info.protocol_name", false),
    ("device.container.image.name", false),
    ("device.container.name", false),
    ("device.container.uid", true),
    ("device.hostname", true),
    ("device.ip", true),
    ("device.owner.name", false),
    ("device.uid", false),
    ("disposition", false),
    ("dst_endpoint.autonomous_system.number", false),
    ("dst_endpoint.hostname", false),
    ("dst_endpoint.ip", true),
    ("dst_endpoint.location.country", false),
    ("dst_endpoint.port", false),
    ("file.name", false),
    ("file.path", false),
    ("group.name", false),
    ("http_request.http_method", false),
    ("http_request.url.hostname", false),
    ("http_request.url.path", false),
    ("http_request.url.url_string", false),
    ("http_request.user_agent", false),
    ("http_response.code", false),
    ("is_mfa", false),
    ("is_remote", false),
    ("job.cmd_line", false),
    ("job.name", false),
    ("logon_type", false),
    ("message", false),
    ("metadata.event_code", false),
    ("process.cmd_line", false),
    ("process.container.image.name", false),
    ("process.container.name", false),
    ("process.container.uid", true),
    ("process.name", true),
    ("process.parent_process.name", false),
    ("process.parent_process.pid", false),
    ("process.path", false),
    ("process.pid", false),
    ("process.user.name", false),
    ("query.hostname", true),
    ("query.type", false),
    ("rcode", false),
    ("service.name", false),
    ("session.uid", false),
    ("src_endpoint.autonomous_system.number", false),
    ("src_endpoint.hostname", false),
    ("src_endpoint.ip", true),
    ("src_endpoint.location.country", false),
    ("src_endpoint.port", false),
    ("status", false),
    ("status_code", false),
    ("status_detail", false),
    ("status_id", false),
    ("tls.sni", false),
    ("traffic.bytes", false),
    ("traffic.bytes_in", false),
    ("traffic.bytes_out", false),
    ("url.hostname", false),
    ("url.url_string", false),
    ("user.email_addr", false),
    ("user.name", true),
    ("user.uid", false),
];

/// The footer's key for whose events a file has; without it they are of the default tenant.
pub(super) const TENANT: &str = "vigie.tenant";

/// The footer's key for the fields that are in the map `fields` of any row, separated by commas. Files that
/// have it hold addresses in one form (`crate::address`); those of before do not say.
pub(super) const MAPPED: &str = "vigie.fields.1";

/// The columns of addresses: of the searched fields, those whose texts are addresses and have a Bloom filter.
pub(crate) const ADDRESSES: [&str; 3] = ["device.ip", "dst_endpoint.ip", "src_endpoint.ip"];

/// The labels that have a column; the tenant is that of the file.
pub(crate) const LABELS: [Label; 5] = [Label::Environment, Label::Cluster, Label::Namespace, Label::Workload, Label::Team];

/// The fields that have a column in the files of a class, by path.
pub(super) fn searched(class: Class) -> Vec<FieldId> {
    let fields = SEARCHED.iter().filter_map(|(path, _)| FieldId::from_path(path));
    fields.filter(|field| field.info().classes.has(class) && field.info().kind != FieldKind::Texts).collect()
}

/// The columns that get a Bloom filter, the host among them.
pub(super) fn entities() -> impl Iterator<Item = &'static str> {
    [name::HOST, "namespace", "workload"].into_iter().chain(SEARCHED.iter().filter(|(_, entity)| *entity).map(|(path, _)| *path))
}

/// The columns of a class's files.
pub(super) fn schema(class: Class) -> SchemaRef {
    let mut columns = vec![
        Field::new(name::ID, DataType::Int64, false),
        Field::new(name::TIME, time_type(), false),
        Field::new(name::RECEIVED, time_type(), false),
        Field::new(name::CLASS, DataType::Int32, false),
        Field::new(name::ACTIVITY, DataType::Int32, false),
        Field::new(name::SEVERITY, DataType::Int32, false),
        Field::new(name::SOURCE, DataType::Utf8, false),
        Field::new(name::FORMAT, DataType::Utf8, false),
        Field::new(name::HOST, DataType::Utf8, false),
    ];
    columns.extend(LABELS.iter().map(|label| Field::new(label.name(), DataType::Utf8, true)));
    columns.extend(searched(class).into_iter().map(|field| Field::new(field.path(), type_of(field.info().kind), true)));
    columns.push(Field::new(name::FIELDS, map_type(), true));
    columns.push(Field::new(name::UNMAPPED, map_type(), true));
    columns.push(Field::new(name::MESSAGE_AT, DataType::Int32, true));
    columns.push(Field::new(name::MESSAGE_CHARS, DataType::Int32, true));
    columns.push(Field::new(name::RAW, DataType::Utf8, false));
    columns.push(Field::new(name::RAW_BASE64, DataType::Boolean, false));
    Arc::new(Schema::new(columns))
}

/// The fields that have a column in the files of any class, by path.
pub(super) fn searched_anywhere() -> Vec<FieldId> {
    let fields = SEARCHED.iter().filter_map(|(path, _)| FieldId::from_path(path));
    fields.filter(|field| field.info().kind != FieldKind::Texts).collect()
}

/// The columns of an export: one schema for all classes, words beside numbers.
pub(super) fn export_schema() -> SchemaRef {
    let mut columns = vec![Field::new(name::ID, DataType::Int64, false)];
    columns.extend([name::TIME, name::RECEIVED].map(|name| Field::new(name, time_type(), false)));
    columns.extend([name::CLASS, name::ACTIVITY, name::SEVERITY].map(|name| Field::new(name, DataType::Int32, false)));
    let words = ["class", "activity", "severity", name::SOURCE, name::FORMAT, name::HOST, Label::Tenant.name()];
    columns.extend(words.map(|name| Field::new(name, DataType::Utf8, false)));
    columns.extend(LABELS.map(|label| Field::new(label.name(), DataType::Utf8, true)));
    let searched = searched_anywhere();
    columns.extend(searched.into_iter().map(|field| Field::new(field.path(), type_of(field.info().kind), true)));
    columns.extend([name::FIELDS, name::UNMAPPED].map(|name| Field::new(name, map_type(), true)));
    columns.push(Field::new(name::RAW, DataType::Utf8, false));
    columns.push(Field::new(name::RAW_BASE64, DataType::Boolean, false));
    Arc::new(Schema::new(columns))
}

/// The columns of the files of all classes, by name.
pub(crate) fn all_columns() -> std::collections::BTreeMap<String, DataType> {
    let schemas = Class::ALL.into_iter().map(schema);
    schemas
        .flat_map(|schema| {
            schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect::<Vec<_>>()
        })
        .collect()
}

fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

const fn type_of(kind: FieldKind) -> DataType {
    match kind {
        FieldKind::Integer => DataType::Int64,
        FieldKind::Boolean => DataType::Boolean,
        FieldKind::Text | FieldKind::Texts => DataType::Utf8,
    }
}

fn map_type() -> DataType {
    let pair = Fields::from(vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Utf8, false)]);
    DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(pair), false)), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_searched_path_is_of_the_schema_and_stands_once() {
        assert!(SEARCHED.is_sorted_by(|(before, _), (after, _)| before < after));
        for (path, _) in SEARCHED {
            let field = FieldId::from_path(path).unwrap_or_else(|| panic!("{path}"));
            assert_ne!(field.info().kind, FieldKind::Texts, "{path}");
            assert_eq!(ADDRESSES.contains(path), path.ends_with(".ip"), "{path}");
        }
        for class in Class::ALL {
            let schema = schema(class);
            let names: BTreeSet<_> = schema.fields().iter().map(|field| field.name()).collect();
            assert_eq!(names.len(), schema.fields().len(), "{class:?}");
        }
    }
}
