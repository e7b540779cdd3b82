// SPDX-License-Identifier: MIT
//! `feeds test`: what a file would come to as a list. Nothing is touched, and no daemon is asked.

use crate::arguments::{FeedsTest, GlobalOptions};
use crate::configuration::configuration;
use crate::failure::{Failure, exit};
use crate::output::tested::{self, Tested};
use crate::output::{answer, warning};
use crate::verb::geo;
use aegis_daemon::geo as places;
use aegis_lists::IpSpan;
use aegis_lists::guard::quarantine::{ChangeLimits, Summary, judge_change};
use aegis_lists::guard::{Guard, Role, Rules, Take};
use aegis_lists::parse::{Limits, ParseFailure, parse};
use jiff::Timestamp;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Exit code 0 only where the list would be taken.
pub async fn run(options: &GlobalOptions, arguments: &FeedsTest) -> Result<u8, Failure> {
    let limits = Limits {
        least_score: arguments.min_score,
        ..Limits::default()
    };
    let file = &arguments.file;
    let bytes = read(file, limits.most_bytes)
        .map_err(|error| Failure::failed(format!("cannot read {}: {error}", file.display())))?;
    let tested = match test(&bytes, arguments, &limits, &rules(options, arguments).await) {
        Ok(tested) => located(tested, options).await,
        Err(failure) => Tested::failed(&failure),
    };
    answer(options.json, &tested, || tested::render(&tested))?;
    Ok(match tested.taken {
        true => exit::DONE,
        false => exit::FAILED,
    })
}

/// With where addresses are, as far as the databases of this host tell.
async fn located(tested: Tested, options: &GlobalOptions) -> Tested {
    match geo::atlas(options).await {
        Ok(atlas) => tested.placed(|line| places::place_in_line(&atlas, line)),
        Err(failure) => {
            warning(&format!("places are not known: {failure}"));
            tested
        }
    }
}

/// One byte more than may be, so that it is seen that there are more.
fn read(file: &Path, most: usize) -> io::Result<Vec<u8>> {
    let source: Box<dyn Read> = match file.as_os_str() == "-" {
        true => Box::new(io::stdin().lock()),
        false => Box::new(File::open(file)?),
    };
    let mut bytes = Vec::new();
    source.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn test(
    bytes: &[u8],
    arguments: &FeedsTest,
    limits: &Limits,
    rules: &Rules,
) -> Result<Tested, ParseFailure> {
    let mut parsed = parse(bytes, arguments.format, limits)?;
    let entries = std::mem::take(&mut parsed.entries);
    let sifted = Guard::new(rules).sift(entries, Timestamp::now());
    let summary = Summary::of(&parsed, &sifted);
    let judged = judge_change(None, &summary, &ChangeLimits::default(), false);
    Ok(Tested::new(&parsed, &sifted, judged.err()))
}

/// The rules that hold unless a source has others, and whom this host needs. What cannot be found out
/// is told, as then the answer is better than it should be.
async fn rules(options: &GlobalOptions, arguments: &FeedsTest) -> Rules {
    let needed = aegis_daemon::needed_here().await;
    let needed = needed.unwrap_or_else(|error| {
        warning(&format!("what this host needs is not known: {error}"));
        Default::default()
    });
    let needed = needed
        .iter()
        .map(|(role, address)| (role.into(), address.into()));
    let allowed = allowed(options).unwrap_or_else(|failure| {
        warning(&format!("the allowlist is not known: {failure}"));
        Vec::new()
    });
    let allowed = allowed.into_iter().map(|span| (Role::Allowlist, span));
    Rules {
        protected: needed.chain(allowed).collect(),
        special: match arguments.allow_special {
            true => Take::Allowed,
            false => Take::Refused,
        },
        ..Rules::default()
    }
}

fn allowed(options: &GlobalOptions) -> Result<Vec<IpSpan>, Failure> {
    let effective = configuration(options, None)?.load()?;
    let allowlist = effective.config().allowlist.iter();
    Ok(allowlist.map(|target| target.net().into()).collect())
}
