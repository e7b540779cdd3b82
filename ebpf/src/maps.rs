// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! The tables, each with its kernel map type. Names are those of `aegis_abi::names::table`; all
//! types exist in every kernel that runs the programs (5.10 and later).

use aegis_abi::flow::half;
use aegis_abi::names::{capacity, stage};
use aegis_abi::set::class;
use aegis_abi::tables::touched;
use aegis_abi::{
    Allow, Ban, BanLineV4, BanLineV6, BudgetSlot, Count, CounterSlot, Flow, FlowKeyV4, FlowKeyV6,
    HalfOpen, HitBlock, HostBucket, Infrastructure, Reason, Rehearsal, Scope, ScopeKey, SetChunk,
    SetLine, SetRoot, SetSlot, SettingsSlots, Source, StateCounter, Tally, TouchedLine, Ways,
};
use aegis_core::pending::Pending;
use aya_ebpf::btf_maps::{self, ArrayOfMaps};
use aya_ebpf::macros::{btf_map, map};
use aya_ebpf::maps::{Array, HashMap, LpmTrie, PerCpuArray, ProgramArray, RingBuf};

/// Memory only for entries that exist; tries demand it (`BPF_F_NO_PREALLOC`).
const ON_DEMAND: u32 = 1;

/// User space writes single words of it (`BPF_F_MMAPABLE`, Linux 5.5).
const MMAPABLE: u32 = 1 << 10;

#[map]
pub static SETTINGS: Array<SettingsSlots> = Array::with_max_entries(1, MMAPABLE);
#[map]
pub static COUNTERS: PerCpuArray<Tally> =
    PerCpuArray::with_max_entries(CounterSlot::SLOTS as u32, 0);
#[map]
pub static EVENTS: RingBuf = RingBuf::with_byte_size(capacity::EVENT_BYTES, 0);
#[map]
pub static BUDGETS: PerCpuArray<BudgetSlot> = PerCpuArray::with_max_entries(BudgetSlot::SLOTS, 0);
#[map]
pub static REASON_BUDGETS: PerCpuArray<u64> =
    PerCpuArray::with_max_entries(Reason::SLOTS as u32, 0);
#[map]
pub static INFRASTRUCTURE: PerCpuArray<u64> =
    PerCpuArray::with_max_entries(Infrastructure::SLOTS, 0);
#[map]
pub static TOUCHED_V4: Array<TouchedLine> = Array::with_max_entries(touched::LINES, MMAPABLE);
#[map]
pub static TOUCHED_V6: Array<TouchedLine> = Array::with_max_entries(touched::LINES, MMAPABLE);
/// What a set and its chunks are kept in: arrays of so many entries, always as many, so that looking
/// into them is no call.
pub type Inner<T, const ENTRIES: usize> = btf_maps::Array<T, ENTRIES, { MMAPABLE as usize }>;
#[btf_map]
pub static SETS: ArrayOfMaps<Inner<SetRoot, 1>, { SetSlot::SLOTS as usize }> = ArrayOfMaps::new();
#[btf_map]
pub static SET_CHUNKS: ArrayOfMaps<
    Inner<SetLine, { SetChunk::LINES as usize }>,
    { SetChunk::SLOTS as usize },
> = ArrayOfMaps::new();
#[map]
pub static SET_HITS: PerCpuArray<HitBlock> = PerCpuArray::with_max_entries(HitBlock::BLOCKS, 0);
#[map]
pub static SET_WATCHED: PerCpuArray<HitBlock> = PerCpuArray::with_max_entries(HitBlock::BLOCKS, 0);
#[map]
pub static PLACE_HITS: Array<Count> = Array::with_max_entries(class::PLACES, MMAPABLE);
#[map]
pub static ALLOW_V4: LpmTrie<[u8; 4], Allow> =
    LpmTrie::with_max_entries(capacity::ALLOW, ON_DEMAND);
#[map]
pub static ALLOW_V6: LpmTrie<[u8; 16], Allow> =
    LpmTrie::with_max_entries(capacity::ALLOW, ON_DEMAND);
#[map]
pub static BAN_LINES_V4: Array<BanLineV4> = Array::with_max_entries(BanLineV4::LINES, MMAPABLE);
#[map]
pub static BAN_LINES_V6: Array<BanLineV6> = Array::with_max_entries(BanLineV6::LINES, MMAPABLE);
#[map]
pub static BANS_V4: Array<Ban> =
    Array::with_max_entries(BanLineV4::LINES * BanLineV4::PLACES, MMAPABLE);
#[map]
pub static BANS_V6: Array<Ban> =
    Array::with_max_entries(BanLineV6::LINES * BanLineV6::PLACES, MMAPABLE);
#[map]
pub static BAN_PREFIXES_V4: LpmTrie<[u8; 4], Ban> =
    LpmTrie::with_max_entries(capacity::BAN_PREFIXES, ON_DEMAND);
#[map]
pub static BAN_PREFIXES_V6: LpmTrie<[u8; 16], Ban> =
    LpmTrie::with_max_entries(capacity::BAN_PREFIXES, ON_DEMAND);
#[map]
pub static SCOPES: HashMap<ScopeKey, Scope> =
    HashMap::with_max_entries(capacity::SCOPES, ON_DEMAND);
#[map]
pub static FLOWS_V4: HashMap<FlowKeyV4, Flow> = HashMap::with_max_entries(capacity::FLOWS, 0);
#[map]
pub static FLOWS_V6: HashMap<FlowKeyV6, Flow> = HashMap::with_max_entries(capacity::FLOWS, 0);
#[map]
pub static HALF_OPEN_WAYS: Array<Ways> = Array::with_max_entries(half::ALL_LINES, MMAPABLE);
#[map]
pub static HALF_OPEN: Array<HalfOpen> = Array::with_max_entries(half::ENTRIES, MMAPABLE);
#[map]
pub static SOURCE_WAYS: Array<Ways> = Array::with_max_entries(Source::LINES, MMAPABLE);
#[map]
pub static SOURCES: Array<Source> = Array::with_max_entries(Source::ENTRIES, MMAPABLE);
#[map]
pub static HOST_BUCKETS: PerCpuArray<u64> = PerCpuArray::with_max_entries(HostBucket::SLOTS, 0);
#[map]
pub static STATE_COUNTERS: PerCpuArray<u64> = PerCpuArray::with_max_entries(StateCounter::SLOTS, 0);
#[map]
pub static PROTECTED: HashMap<[u8; 16], u32> =
    HashMap::with_max_entries(capacity::PROTECTED, ON_DEMAND);
#[map]
pub static OFFENCES: RingBuf = RingBuf::with_byte_size(capacity::OFFENCE_BYTES, 0);
#[map]
pub static PENDING: PerCpuArray<Pending> = PerCpuArray::with_max_entries(1, 0);
#[map]
pub static NEXT_XDP: ProgramArray = ProgramArray::with_max_entries(stage::SLOTS, 0);
#[map]
pub static NEXT_XDP_FRAGS: ProgramArray = ProgramArray::with_max_entries(stage::SLOTS, 0);
#[map]
pub static NEXT_TC: ProgramArray = ProgramArray::with_max_entries(stage::SLOTS, 0);
#[map]
pub static REHEARSAL: Array<Rehearsal> = Array::with_max_entries(1, 0);
