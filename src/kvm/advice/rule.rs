//! What a rule is: a signature, its meaning, its remedies.

use super::case::{Case, Measurement};
use super::guest_system::GuestSystem;
use super::host_facts::{ReleaseVersion, Vendor};
use super::pattern::RowPattern;
use crate::stack::Tag;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name.
    pub id: &'static str,
    /// What it finds, as a headline.
    pub title: &'static str,
    /// What kind of finding it makes.
    pub kind: RuleKind,
    /// By what it is found.
    pub signature: Signature,
    /// The only guest that it is about; it is silent when the guest is known to be another.
    pub only_for: Option<GuestSystem>,
    /// What the evidence means.
    pub meaning: &'static str,
    /// What helps.
    pub remedies: &'static [Remedy],
    /// How much of the time goes with the cure, for the words of what can be gained.
    pub gain: Gain,
    /// The tracepoints that show whether it helped.
    pub record: &'static [&'static str],
    /// Words of the VMM's command line that cause it.
    pub culprits: &'static [&'static str],
    /// Functions that a signature of another kind looks for in stacks.
    pub other_functions: &'static [&'static str],
    /// How the conclusion is drawn, for `--explain`.
    pub reasoning: &'static str,
    /// Where the facts come from.
    pub sources: &'static [&'static str],
}

/// What kind of finding a rule makes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RuleKind {
    /// Time is lost that need not be.
    Cost,
    /// Time is lost, and more must be recorded to know why.
    Unclear,
    /// The recording itself misleads.
    Recording,
    /// It is as it should be, and may be ignored.
    Expected,
}

/// How much of the time of a finding its cure takes away at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gain {
    /// All of it.
    All,
    /// A part that the evidence does not tell.
    Part,
    /// Nothing on the host's side can take it away.
    Nothing,
    /// It is not about time.
    NoTime,
}

/// By what a rule finds something.
#[derive(Debug)]
pub enum Signature {
    /// Exits of some kind, and where only stacks are known, functions and tags.
    Exits(ExitSignature),
    /// Something else.
    Other(fn(&Case<'_>) -> Option<Measurement>),
}

/// Exits of some kind, and what stands for them in stacks.
#[derive(Debug)]
pub struct ExitSignature {
    /// Exits: any of these.
    pub rows: &'static [RowPattern],
    /// Functions that are in the stacks of such exits and in no others.
    pub functions: &'static [&'static str],
    /// Tags of such exits; each alone means them.
    pub tags: &'static [Tag],
    /// Where the functions are a device's in the VMM: tags of all exits that may lead there. Only a
    /// small part of such an exit is spent in the function itself, so the samples of these tags are
    /// divided among devices as those of their functions are.
    pub divided: &'static [Tag],
}

/// Something that helps.
#[derive(Clone, Copy, Debug)]
pub struct Remedy {
    /// The guest that it is for; any when `None`.
    pub guest: Option<GuestSystem>,
    /// The CPU that it is for; any when `None`.
    pub vendor: Option<Vendor>,
    /// What it does.
    pub what: &'static str,
    /// QEMU's options.
    pub qemu: Option<&'static str>,
    /// libvirt's XML.
    pub libvirt: Option<&'static str>,
    /// What is set on the host.
    pub on_host: Option<&'static str>,
    /// What is set in the guest.
    pub in_guest: Option<&'static str>,
    /// Features of the CPU model with which it is in place already.
    pub features: &'static [&'static str],
    /// A module parameter that is on where it is in place already.
    pub parameter: Option<&'static str>,
    /// What it needs.
    pub needs: &'static [Need],
}

impl Rule {
    /// The functions that its signature looks for in stacks.
    pub fn functions(&self) -> &'static [&'static str] {
        match &self.signature {
            Signature::Exits(signature) => signature.functions,
            Signature::Other(_) => self.other_functions,
        }
    }
}

impl Remedy {
    /// A remedy that says nothing, for the fields that others do not name.
    pub const NONE: Self = Self {
        guest: None,
        vendor: None,
        what: "",
        qemu: None,
        libvirt: None,
        on_host: None,
        in_guest: None,
        features: &[],
        parameter: None,
        needs: &[],
    };
}

/// Something that a remedy needs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Need {
    /// A kernel of the host of this version or later.
    Kernel(ReleaseVersion),
    /// A QEMU of this version or later.
    Qemu(ReleaseVersion),
    /// A libvirt of this version or later.
    Libvirt(ReleaseVersion),
    /// Something of the guest.
    Guest(&'static str),
    /// Something of the host that captures do not tell.
    Host(&'static str),
    /// A CPU that can do it.
    Cpu(CpuNeed),
}

/// Something that the host's CPU must be able to do.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CpuNeed {
    /// What.
    pub what: &'static str,
    /// The flag of `/proc/cpuinfo` that says so, in `flags` or `vmx flags`.
    pub flag: &'static str,
}
