//! The fields that matter to a class: who, from where, what, with which outcome.

use vigie_model::event::Class;

/// Groups of paths; of each group one must be set.
pub(super) fn fields(class: Class) -> &'static [&'static [&'static str]] {
    match class {
        Class::Authentication => &[
            &[
                "user.name",
                "user.uid",
                "actor.user.name",
                "actor.user.uid",
                "src_endpoint.ip",
                "src_endpoint.hostname",
                "metadata.correlation_uid",
            ],
            &["status_id", "activity_id", "service.name"],
        ],
        Class::AccountChange => &[&["user.name", "user.uid", "actor.user.name", "actor.user.uid"]],
        Class::GroupManagement => &[&["group.name", "group.uid", "user.name", "user.uid"]],
        Class::HttpActivity => &[
            &["src_endpoint.ip", "src_endpoint.hostname", "actor.user.name"],
            &[
                "status_detail",
                "http_request.http_method",
                "http_request.url.path",
                "http_request.url.url_string",
                "http_request.url.hostname",
            ],
        ],
        Class::NetworkActivity | Class::TunnelActivity | Class::SshActivity => &[&[
            "src_endpoint.ip",
            "src_endpoint.hostname",
            "dst_endpoint.ip",
            "dst_endpoint.hostname",
            "actor.user.name",
            "user.name",
            "status_detail",
            "session.uid",
        ]],
        Class::EmailActivity => &[&[
            "src_endpoint.ip",
            "src_endpoint.hostname",
            "email.from",
            "email.to",
            "email.uid",
            "message_trace_uid",
            "from",
            "to",
        ]],
        Class::DnsActivity => &[&["src_endpoint.ip", "query.hostname"]],
        Class::DetectionFinding | Class::ComplianceFinding | Class::VulnerabilityFinding => &[&["finding_info.title"]],
        Class::ApiActivity => &[&["api.operation"]],
        Class::ProcessActivity => &[&["process.cmd_line", "process.name", "process.pid", "process.file.path", "process.path"]],
        Class::FileActivity => &[&["file.path", "file.name"]],
        Class::ApplicationLifecycle => &[&["app.name", "app.uid"]],
        _ => &[],
    }
}
