import { Tape } from '../packages/core/dist/engine/embedded/tape.js';
import { Heap } from '../packages/core/dist/engine/embedded/heap.js';
const times=new Map(); let last='';
for (const k of ['rows','chunked','whole']){
  const f=Tape.prototype[k];
  Tape.prototype[k]=function(name,...a){ const t=performance.now(); const r=f.call(this,name,...a); const dt=performance.now()-t; const key=name+' '+a[0]; const e=times.get(key)??{n:0,t:0}; e.n++; e.t+=dt; times.set(key,e); last=key; return r; };
}
let peak=0, at='', comp;
const take=Heap.prototype.take; const live=new Map();
Heap.prototype.take=function(size){ const p=take.call(this,size); live.set(p,size); if(this.used>peak){peak=this.used; at=last; comp=[...live.values()];} return p;};
const give=Heap.prototype.give; Heap.prototype.give=function(p){ live.delete(p); return give.call(this,p)};
const back=Tape.prototype.backward; let fwdUsed=0;
Tape.prototype.backward=function(l){ fwdUsed=this.heap.used; const t=performance.now(); const r=back.call(this,l); console.error('backward',(performance.now()-t).toFixed(0),'used before',(fwdUsed*4/2**20).toFixed(0),'peak',(peak*4/2**20).toFixed(0)); return r;};
process.argv.push('--model=deep','--repeats=2','--warmup=1');
if(process.env.EXTRA) process.argv.push(...process.env.EXTRA.split(' '));
await import('./portfolio/iteration.mjs');
let total=0; for(const e of times.values()) total+=e.t;
console.log('total kernel ms per step',(total/3).toFixed(0));
for(const [k,e] of [...times].sort((a,b)=>b[1].t-a[1].t).slice(0,32)) console.log(k.padEnd(34),String(e.n/3).padStart(6),(e.t/3).toFixed(0).padStart(7)+'ms',(100*e.t/total).toFixed(1)+'%');
console.log('peak',(peak*4/2**20).toFixed(0),'MiB at',at); const by=new Map(); for(const s of comp){const k=(s*4/2**20).toFixed(2); by.set(k,(by.get(k)??0)+1)} console.log([...by].filter(([k])=>k>2).sort((a,b)=>b[0]-a[0]).map(([k,n])=>n+'x'+k).join(' '));
