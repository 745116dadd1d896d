import{choose as N,DAYS as Z,DOMAIN as D,dayName as T,duration as H,format as v,html as u,moment as S,nothing as b,planOf as B,say as s,stateOf as F}from"./cards.js";var M=new WeakMap,j=(a,e)=>new Intl.DateTimeFormat("en-GB",{hour:"2-digit",minute:"2-digit",hour12:!1,timeZone:a.config.time_zone}).format(e),q=(a,e,t,o)=>{for(let l=e<=j(a,o)?1:0;;l++){let p=new Date(o.getTime()+l*864e5),r=new Intl.DateTimeFormat("en-GB",{weekday:"short",timeZone:a.config.time_zone}),c=t.includes(r.format(p).toLowerCase());if(t.length===0||c||l>7)return{day:p,ahead:l}}},R=(a,e,t,o,l=[])=>{let{day:p,ahead:r}=q(a,t,l,o),c=["ready_today","ready_tomorrow"][r]??"ready_on";return s(e,c,{weekday:v.weekday(a,p,"long"),time:v.clock(a,t)})},J=(a,e,t,o,l)=>{let p=F(e,o,"charge_mode"),r=B(F(e,o,"charger_state")),c=o.entities.charge_mode?.[0]??"",d=()=>a.renderRoot.querySelector("dialog"),m=n=>a.renderRoot.querySelector(`dialog [name=${n}]`),g=()=>{let n=m("level")?.valueAsNumber,i=m("energy")?.valueAsNumber,f=n?{charge_level:n}:i?{energy:i}:{};return{time:_(),...f,...A()}},_=()=>m("time")?.value||"07:00",A=()=>{let n=$();if(n.length===0)return{};let{day:i}=q(e,_(),n,new Date);return{date:new Intl.DateTimeFormat("en-CA",{timeZone:e.config.time_zone}).format(i)}},$=()=>[...a.renderRoot.querySelectorAll("dialog [name=day]")].flatMap(n=>n.checked?[n.value]:[]),y=(n,i)=>{M.set(a,i?{answer:n,foreseen:i}:{answer:n}),a.requestUpdate()},w=n=>y(n.message??""),x=async(n,i)=>{try{await e.callService(D,n,i,{entity_id:c},!1),y(""),d()?.close()}catch(f){w(f)}},E=async()=>{try{let n=await e.callWS({type:"call_service",domain:D,service:"preview",service_data:g(),target:{entity_id:c},return_response:!0}),i=Object.values(n.response)[0];y([R(e,t,_(),new Date,$()),i?C(e,t,i,new Date):""].join(" "),i)}catch(n){w(n)}},I=p?.state==="off",L=()=>N(e,c,"solar"),O=n=>{n.preventDefault(),x("set_plan",{...g(),repeat:$()})},{answer:z,foreseen:h}=M.get(a)??{answer:""},k=r?j(e,new Date(r.ready_at)):"07:00";return u`<style>${U}</style>
 <dialog aria-labelledby="plan-title" @close=${()=>y("")}>
 <form method="dialog" @submit=${O} @change=${E}>
 <h2 id="plan-title">${s(t,"plan_title",{name:o.name})}</h2>
 ${I?u`<div class="row">
 <span>${s(t,"plan_off")}</span>
 <button type="button" @click=${L}>${s(t,"switch_to_solar")}</button>
 </div>`:b}
 <label>${s(t,"plan_energy")}
 <input name="energy" type="number" min="0.1" max="200" step="0.1"
 .value=${String(r?.energy_kwh??(r?.charge_level?"":20))} />
 </label>
 ${"min_level"in o.entities?u`<label>${s(t,"plan_level")}
 <input name="level" type="number" min="1" max="100" step="1"
 .value=${String(r?.charge_level??"")} />
 </label>`:b}
 <label>${s(t,"plan_ready")}
 <input name="time" type="time" required
 .value=${k} />
 </label>
 <fieldset>
 <legend>${s(t,"plan_repeat")}</legend>
 ${Z.map((n,i)=>u`<label>
 <input name="day" type="checkbox" value=${n} .checked=${r?.repeat?.includes(n)??!1}
 aria-label=${T(e,i,"long")} />
 <span aria-hidden="true">${T(e,i,"short")}</span>
 </label>`)}
 </fieldset>
 <p role="status">${z||R(e,t,k,l,r?.repeat)}</p>
 ${h?G(e,t,h,l):b}
 <div class="row actions">
 ${r?u`<button type="button" @click=${()=>x("clear_plan",{})}>${s(t,"remove")}</button>`:b}
 <button type="button" @click=${()=>d()?.close()}>${s(t,"cancel")}</button>
 <button>${s(t,"save")}</button>
 </div>
 </form>
 </dialog>`},C=(a,e,t,o)=>{let{start:l,late_minutes:p,cost:r}=t;if(p)return s(e,"plan_late",{late:H(e,p*60)});if(l===null)return"";let c=t.slots.reduce((m,g)=>m+Date.parse(g.end)-Date.parse(g.start),0),d=[s(e,"plan_starts",{start:S(a,e,new Date(l),o)}),H(e,c/1e3)];return r!==null&&d.push(s(e,"plan_cost",{cost:v.money(a,r)})),`${d[0]} ${d.slice(1).join(" \xB7 ")}`},G=(a,e,t,o)=>{let l=o.getTime(),p=[t.ready_at,...t.slots.map(d=>d.end)],r=Math.max(...p.map(Date.parse))-l;if(t.slots.length===0||r<=0)return b;let c=d=>100*Math.max(Date.parse(d)-l,0)/r;return u`<div class="slots" aria-hidden="true">
 <div class="bar">${t.slots.map(({start:d,end:m})=>u`<span style="left: ${c(d)}%; width: ${c(m)-c(d)}%"></span>`)}</div>
 <div class="head secondary"><span>${v.time(a,o)}</span>
 <span>${S(a,e,new Date(l+r),o)}</span></div>
 </div>`},U=`
 dialog { border: 0; border-radius: 16px; padding: 24px; width: min(440px, 100vw - 32px); box-sizing: border-box; background: var(--card-background-color); color: var(--primary-text-color); }
 dialog::backdrop { background: rgb(0 0 0 / 50%); }
 dialog form { display: flex; flex-direction: column; gap: 16px; }
 label { display: flex; flex-direction: column; gap: 4px; }
 label input { min-height: 44px; border: 1px solid var(--secondary-text-color); border-radius: 8px; background: none; padding: 0 8px; color-scheme: light dark; }
 fieldset { border: 0; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(7, 1fr); gap: 4px; }
 legend { padding: 0 0 4px; }
 fieldset label { position: relative; min-height: 44px; align-items: center; justify-content: center; border: 1px solid var(--secondary-text-color); border-radius: 8px; }
 fieldset input { position: absolute; inset: 0; opacity: 0; margin: 0; cursor: pointer; }
 fieldset label:has(:checked) { border: 2px solid var(--primary-text-color); background: color-mix(in srgb, var(--primary-color) 20%, transparent); font-weight: 500; }
 fieldset label:has(:focus-visible) { outline: 2px solid var(--primary-text-color); outline-offset: 2px; }
 .slots .bar { position: relative; height: 14px; }
 .slots .bar > span { position: absolute; height: 100%; background: var(--primary-color); }
 .actions { justify-content: flex-end; }
`;export{R as dayOf,J as planDialog};
