//! The kernel: killed and crashed processes, modules, USB devices, promiscuous interfaces.
//!
//! Firewall lines are read by [`super::firewall`], audit records by [`super::audit`]. What drivers
//! say about themselves is left as it is. Formats: `mm/oom_kill.c`, `arch/x86/mm/fault.c`,
//! `arch/x86/kernel/traps.c`, `kernel/module/`, `drivers/usb/core/hub.c`, `net/core/dev.c` of Linux
//! 3 to 6.

use super::{audit, firewall, vpn};
use crate::header::{Line, number};
use crate::meaning::Meaning;
use crate::seek::Seek;
use vigie_model::event::ocsf::activity::{kernel_activity, kernel_extension_activity, peripheral_activity, process_activity};
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, EventSeverity};

const FORMAT: &str = "kernel";

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = without_uptime(line.message);
    if let Some(record) = text.strip_prefix("audit: ") {
        return audit::kernel(record);
    }
    firewall::parse(text)
        .or_else(|| killed(text))
        .or_else(|| crashed(text))
        .or_else(|| module(text))
        .or_else(|| usb(text))
        .or_else(|| promiscuous(text))
        .or_else(|| vpn::wireguard(text))
}

/// `[   12.345678] text`
fn without_uptime(text: &str) -> &str {
    let text = text.trim_start();
    let rest = text.strip_prefix('[').and_then(|rest| rest.cut("] "));
    match rest {
        Some((uptime, rest)) if uptime.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'.')) => rest,
        _ => text,
    }
}

/// `Out of memory: Killed process 842 (java) total-vm:…, UID:1000 …`
fn killed(text: &str) -> Option<Meaning> {
    let (cause, rest) = text.cut(": ")?;
    let cause = match cause {
        "Out of memory" => "out of memory",
        "Memory cgroup out of memory" => "out of memory in its group",
        _ => return None,
    };
    let rest = ["Killed process ", "Kill process "].iter().find_map(|start| rest.strip_prefix(start))?;
    let (pid, rest) = rest.cut(" (")?;
    let (name, facts) = rest.cut(")")?;
    let mut meaning = Meaning::new(FORMAT, Class::ProcessActivity, process_activity::TERMINATE);
    meaning.set_some(field::PROCESS_PID, number(pid)).set_text(field::PROCESS_NAME, name).set(field::STATUS_DETAIL, cause);
    for (key, value) in facts.split([' ', ',']).filter_map(|fact| fact.cut(":")) {
        match key {
            "UID" => meaning.set_text(field::PROCESS_USER_UID, value),
            _ => meaning.keep_text(key, value),
        };
    }
    meaning.severity(EventSeverity::High);
    Some(meaning)
}

/// `nginx[842]: segfault at 0 ip … sp … error 4 in nginx[…]`, `traps: nginx[842] general protection …`
fn crashed(text: &str) -> Option<Meaning> {
    let rest = text.strip_prefix("traps: ").unwrap_or(text);
    let (name, rest) = rest.cut("[")?;
    let (pid, what) = rest.cut("]")?;
    let what = what.trim_start_matches([':', ' ']);
    let is_trap = ["segfault at ", "general protection", "trap ", "invalid opcode", "unhandled signal"]
        .iter()
        .any(|start| what.starts_with(start));
    let pid = number(pid).filter(|_| is_trap)?;
    let cause = what.split(" at ").next().and_then(|cause| cause.split(" ip").next()).unwrap_or(what);
    let mut meaning = Meaning::new(FORMAT, Class::ProcessActivity, process_activity::TERMINATE);
    meaning.set(field::PROCESS_PID, pid).set_text(field::PROCESS_NAME, name).set_text(field::STATUS_DETAIL, cause.trim());
    meaning.keep("trap", what);
    Some(meaning)
}

/// `nvidia: loading out-of-tree module taints kernel.`
fn module(text: &str) -> Option<Meaning> {
    let (name, what) = text.cut(": ")?;
    let is_module = what.starts_with("loading out-of-tree module taints kernel")
        || what.starts_with("module verification failed: ")
        || what.starts_with("module license ")
        || what.starts_with("loading test module taints kernel")
        || what.starts_with("module is from the staging directory");
    if !is_module || name.contains(' ') {
        return None;
    }
    let mut meaning = Meaning::new(FORMAT, Class::KernelExtensionActivity, kernel_extension_activity::LOAD);
    meaning.set(field::DRIVER_FILE_NAME, name).set_text(field::STATUS_DETAIL, what.trim_end_matches('.'));
    Some(meaning)
}

/// `usb 1-1: New USB device found, idVendor=0781, idProduct=5567, bcdDevice= 1.00`
fn usb(text: &str) -> Option<Meaning> {
    let (port, what) = text.strip_prefix("usb ")?.cut(": ")?;
    if port.contains(' ') {
        return None;
    }
    let device = |activity| {
        let mut meaning = Meaning::new(FORMAT, Class::PeripheralActivity, activity);
        meaning.set(field::PERIPHERAL_DEVICE_UID, port).set(field::PERIPHERAL_DEVICE_CLASS, "usb");
        meaning
    };
    if let Some(facts) = what.strip_prefix("New USB device found, ") {
        let mut meaning = device(peripheral_activity::CONNECT);
        for (key, value) in facts.split(',').filter_map(|fact| fact.trim().cut("=")) {
            match key {
                "idVendor" => {
                    let vendor: Box<[Box<str>]> = Box::new([value.into()]);
                    meaning.set(field::PERIPHERAL_DEVICE_VENDOR_ID_LIST, vendor);
                }
                "idProduct" => drop(meaning.set_text(field::PERIPHERAL_DEVICE_MODEL, value)),
                _ => drop(meaning.keep_text(key, value.trim())),
            }
        }
        return Some(meaning);
    }
    if what.starts_with("USB disconnect, device number ") {
        return Some(device(peripheral_activity::DISCONNECT));
    }
    let (key, value) = what.cut(": ")?;
    let named = match key {
        "Product" => field::PERIPHERAL_DEVICE_NAME,
        "Manufacturer" => field::PERIPHERAL_DEVICE_VENDOR_NAME,
        "SerialNumber" => field::PERIPHERAL_DEVICE_SERIAL_NUMBER,
        _ => return None,
    };
    let mut meaning = device(peripheral_activity::OTHER);
    meaning.set_text(named, value.trim());
    Some(meaning)
}

/// `device eth0 entered promiscuous mode`, since Linux 6.5 `virtio_net virtio0 eth0: entered promiscuous mode`
fn promiscuous(text: &str) -> Option<Meaning> {
    let (who, change) = [" entered promiscuous mode", " left promiscuous mode"].iter().find_map(|end| {
        let who = text.strip_suffix(end)?;
        Some((who, end.trim_start().split(' ').next()?))
    })?;
    let interface = who.trim_end_matches(':').rsplit(' ').next()?;
    let mut meaning = Meaning::new(FORMAT, Class::KernelActivity, kernel_activity::OTHER);
    meaning.set(field::KERNEL_NAME, "promiscuous mode").set_text(field::DEVICE_INTERFACE_NAME, interface);
    meaning.set_text(field::STATUS_DETAIL, change);
    Some(meaning)
}
