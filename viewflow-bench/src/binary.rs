//! The size of a program.

use std::process::{Command, Stdio};

use crate::measure::{Result, Row, Run, float};

pub(crate) fn run(run: &Run) -> Result<()> {
    if !run.wants("binary") {
        return Ok(());
    }
    // The build directory is the one next to this program, so nothing is compiled twice.
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("a program in no target directory")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["rustc", "--quiet", "--release", "--bin", "one_flow", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .args(["--", "-C", "strip=symbols"])
        .stdin(Stdio::null())
        .status()?;
    if !status.success() {
        return Err("one_flow cannot be built".into());
    }
    let built = target.join("release").join(format!("one_flow{}", std::env::consts::EXE_SUFFIX));
    let row = Row::new("binary", float(std::fs::metadata(built)?.len()), "bytes");
    run.show(&row.note("src/bin/one_flow.rs, release, stripped"));
    Ok(())
}
