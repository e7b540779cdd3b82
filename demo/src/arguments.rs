// SPDX-License-Identifier: MIT
//! What can be typed: nothing but a request for help.

use clap::Parser;

/// Attacks a web server that Aegis guards, with nmap and hping3, in network namespaces that it
/// makes and removes. Needs root; takes about 50 seconds.
#[derive(Debug, Parser)]
#[command(name = "aegis-demo", version)]
#[command(after_help = "Exit codes: 0 everything held, 1 something did not, 2 it could not run.")]
struct Arguments {}

/// Ends the process with a message if anything was typed.
pub fn check() {
    Arguments::parse();
}
