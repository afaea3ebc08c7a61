//! Windows events as the operating system writes them: XML text, as collectors forward it.
//!
//! [`from_xml`] gives JSON in the shape in which tools for event logs write it
//! (`Event.System.EventID`, `Event.EventData.TargetUserName`), so the page of Windows events says what
//! they mean and this module does not. Left out: the binary logs of `.evtx` files.

mod xml;

pub(crate) use xml::from_xml;
