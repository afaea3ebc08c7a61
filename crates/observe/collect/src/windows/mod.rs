//! Windows events as the operating system writes them: XML text, as collectors forward it, and the binary
//! logs of `.evtx` files.
//!
//! Both become JSON in the shape in which tools for event logs write it (`Event.System.EventID`,
//! `Event.EventData.TargetUserName`), so the page of Windows events says what they mean and this module
//! does not. The texts that Windows shows for an event are not in it: they stand in the programs' own files.

mod binxml;
mod evtx;
mod tree;
mod xml;

pub(crate) use binxml::CHUNK;
pub(crate) use evtx::records;
pub(crate) use xml::from_xml;
