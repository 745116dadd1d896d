var $t=globalThis,vt=$t.ShadowRoot&&($t.ShadyCSS===void 0||$t.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,Kt=Symbol(),me=new WeakMap,lt=class{constructor(t,e,n){if(this._$cssResult$=!0,n!==Kt)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=t,this.t=e}get styleSheet(){let t=this.o,e=this.t;if(vt&&t===void 0){let n=e!==void 0&&e.length===1;n&&(t=me.get(e)),t===void 0&&((this.o=t=new CSSStyleSheet).replaceSync(this.cssText),n&&me.set(e,t))}return t}toString(){return this.cssText}},he=s=>new lt(typeof s=="string"?s:s+"",void 0,Kt),M=(s,...t)=>{let e=s.length===1?s[0]:t.reduce((n,r,i)=>n+(o=>{if(o._$cssResult$===!0)return o.cssText;if(typeof o=="number")return o;throw Error("Value passed to 'css' function must be a 'css' function result: "+o+". Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.")})(r)+s[i+1],s[0]);return new lt(e,s,Kt)},ge=(s,t)=>{if(vt)s.adoptedStyleSheets=t.map(e=>e instanceof CSSStyleSheet?e:e.styleSheet);else for(let e of t){let n=document.createElement("style"),r=$t.litNonce;r!==void 0&&n.setAttribute("nonce",r),n.textContent=e.cssText,s.appendChild(n)}},Jt=vt?s=>s:s=>s instanceof CSSStyleSheet?(t=>{let e="";for(let n of t.cssRules)e+=n.cssText;return he(e)})(s):s;var{is:$n,defineProperty:vn,getOwnPropertyDescriptor:wn,getOwnPropertyNames:xn,getOwnPropertySymbols:Sn,getPrototypeOf:An}=Object,wt=globalThis,fe=wt.trustedTypes,kn=fe?fe.emptyScript:"",Hn=wt.reactiveElementPolyfillSupport,ut=(s,t)=>s,Gt={toAttribute(s,t){switch(t){case Boolean:s=s?kn:null;break;case Object:case Array:s=s==null?s:JSON.stringify(s)}return s},fromAttribute(s,t){let e=s;switch(t){case Boolean:e=s!==null;break;case Number:e=s===null?null:Number(s);break;case Object:case Array:try{e=JSON.parse(s)}catch{e=null}}return e}},_e=(s,t)=>!$n(s,t),ye={attribute:!0,type:String,converter:Gt,reflect:!1,useDefault:!1,hasChanged:_e};Symbol.metadata??=Symbol("metadata"),wt.litPropertyMetadata??=new WeakMap;var U=class extends HTMLElement{static addInitializer(t){this._$Ei(),(this.l??=[]).push(t)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(t,e=ye){if(e.state&&(e.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(t)&&((e=Object.create(e)).wrapped=!0),this.elementProperties.set(t,e),!e.noAccessor){let n=Symbol(),r=this.getPropertyDescriptor(t,n,e);r!==void 0&&vn(this.prototype,t,r)}}static getPropertyDescriptor(t,e,n){let{get:r,set:i}=wn(this.prototype,t)??{get(){return this[e]},set(o){this[e]=o}};return{get:r,set(o){let c=r?.call(this);i?.call(this,o),this.requestUpdate(t,c,n)},configurable:!0,enumerable:!0}}static getPropertyOptions(t){return this.elementProperties.get(t)??ye}static _$Ei(){if(this.hasOwnProperty(ut("elementProperties")))return;let t=An(this);t.finalize(),t.l!==void 0&&(this.l=[...t.l]),this.elementProperties=new Map(t.elementProperties)}static finalize(){if(this.hasOwnProperty(ut("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(ut("properties"))){let e=this.properties,n=[...xn(e),...Sn(e)];for(let r of n)this.createProperty(r,e[r])}let t=this[Symbol.metadata];if(t!==null){let e=litPropertyMetadata.get(t);if(e!==void 0)for(let[n,r]of e)this.elementProperties.set(n,r)}this._$Eh=new Map;for(let[e,n]of this.elementProperties){let r=this._$Eu(e,n);r!==void 0&&this._$Eh.set(r,e)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(t){let e=[];if(Array.isArray(t)){let n=new Set(t.flat(1/0).reverse());for(let r of n)e.unshift(Jt(r))}else t!==void 0&&e.push(Jt(t));return e}static _$Eu(t,e){let n=e.attribute;return n===!1?void 0:typeof n=="string"?n:typeof t=="string"?t.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(t=>this.enableUpdating=t),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(t=>t(this))}addController(t){(this._$EO??=new Set).add(t),this.renderRoot!==void 0&&this.isConnected&&t.hostConnected?.()}removeController(t){this._$EO?.delete(t)}_$E_(){let t=new Map,e=this.constructor.elementProperties;for(let n of e.keys())this.hasOwnProperty(n)&&(t.set(n,this[n]),delete this[n]);t.size>0&&(this._$Ep=t)}createRenderRoot(){let t=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return ge(t,this.constructor.elementStyles),t}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(t=>t.hostConnected?.())}enableUpdating(t){}disconnectedCallback(){this._$EO?.forEach(t=>t.hostDisconnected?.())}attributeChangedCallback(t,e,n){this._$AK(t,n)}_$ET(t,e){let n=this.constructor.elementProperties.get(t),r=this.constructor._$Eu(t,n);if(r!==void 0&&n.reflect===!0){let i=(n.converter?.toAttribute!==void 0?n.converter:Gt).toAttribute(e,n.type);this._$Em=t,i==null?this.removeAttribute(r):this.setAttribute(r,i),this._$Em=null}}_$AK(t,e){let n=this.constructor,r=n._$Eh.get(t);if(r!==void 0&&this._$Em!==r){let i=n.getPropertyOptions(r),o=typeof i.converter=="function"?{fromAttribute:i.converter}:i.converter?.fromAttribute!==void 0?i.converter:Gt;this._$Em=r;let c=o.fromAttribute(e,i.type);this[r]=c??this._$Ej?.get(r)??c,this._$Em=null}}requestUpdate(t,e,n,r=!1,i){if(t!==void 0){let o=this.constructor;if(r===!1&&(i=this[t]),n??=o.getPropertyOptions(t),!((n.hasChanged??_e)(i,e)||n.useDefault&&n.reflect&&i===this._$Ej?.get(t)&&!this.hasAttribute(o._$Eu(t,n))))return;this.C(t,e,n)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(t,e,{useDefault:n,reflect:r,wrapped:i},o){n&&!(this._$Ej??=new Map).has(t)&&(this._$Ej.set(t,o??e??this[t]),i!==!0||o!==void 0)||(this._$AL.has(t)||(this.hasUpdated||n||(e=void 0),this._$AL.set(t,e)),r===!0&&this._$Em!==t&&(this._$Eq??=new Set).add(t))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(e){Promise.reject(e)}let t=this.scheduleUpdate();return t!=null&&await t,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[r,i]of this._$Ep)this[r]=i;this._$Ep=void 0}let n=this.constructor.elementProperties;if(n.size>0)for(let[r,i]of n){let{wrapped:o}=i,c=this[r];o!==!0||this._$AL.has(r)||c===void 0||this.C(r,void 0,i,c)}}let t=!1,e=this._$AL;try{t=this.shouldUpdate(e),t?(this.willUpdate(e),this._$EO?.forEach(n=>n.hostUpdate?.()),this.update(e)):this._$EM()}catch(n){throw t=!1,this._$EM(),n}t&&this._$AE(e)}willUpdate(t){}_$AE(t){this._$EO?.forEach(e=>e.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(t)),this.updated(t)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(t){return!0}update(t){this._$Eq&&=this._$Eq.forEach(e=>this._$ET(e,this[e])),this._$EM()}updated(t){}firstUpdated(t){}};U.elementStyles=[],U.shadowRootOptions={mode:"open"},U[ut("elementProperties")]=new Map,U[ut("finalized")]=new Map,Hn?.({ReactiveElement:U}),(wt.reactiveElementVersions??=[]).push("2.1.2");var Yt=globalThis,be=s=>s,xt=Yt.trustedTypes,$e=xt?xt.createPolicy("lit-html",{createHTML:s=>s}):void 0,Zt="$lit$",L=`lit$${Math.random().toFixed(9).slice(2)}$`,Qt="?"+L,Tn=`<${Qt}>`,Q=document,mt=()=>Q.createComment(""),ht=s=>s===null||typeof s!="object"&&typeof s!="function",Xt=Array.isArray,ke=s=>Xt(s)||typeof s?.[Symbol.iterator]=="function",Vt=`[ 	
\f\r]`,pt=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,ve=/-->/g,we=/>/g,Y=RegExp(`>|${Vt}(?:([^\\s"'>=/]+)(${Vt}*=${Vt}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),xe=/'/g,Se=/"/g,He=/^(?:script|style|textarea|title)$/i,te=s=>(t,...e)=>({_$litType$:s,strings:t,values:e}),p=te(1),Os=te(2),Ns=te(3),N=Symbol.for("lit-noChange"),h=Symbol.for("lit-nothing"),Ae=new WeakMap,Z=Q.createTreeWalker(Q,129);function Te(s,t){if(!Xt(s)||!s.hasOwnProperty("raw"))throw Error("invalid template strings array");return $e!==void 0?$e.createHTML(t):t}var Ee=(s,t)=>{let e=s.length-1,n=[],r,i=t===2?"<svg>":t===3?"<math>":"",o=pt;for(let c=0;c<e;c++){let a=s[c],d,u,l=-1,m=0;for(;m<a.length&&(o.lastIndex=m,u=o.exec(a),u!==null);)m=o.lastIndex,o===pt?u[1]==="!--"?o=ve:u[1]!==void 0?o=we:u[2]!==void 0?(He.test(u[2])&&(r=RegExp("</"+u[2],"g")),o=Y):u[3]!==void 0&&(o=Y):o===Y?u[0]===">"?(o=r??pt,l=-1):u[1]===void 0?l=-2:(l=o.lastIndex-u[2].length,d=u[1],o=u[3]===void 0?Y:u[3]==='"'?Se:xe):o===Se||o===xe?o=Y:o===ve||o===we?o=pt:(o=Y,r=void 0);let g=o===Y&&s[c+1].startsWith("/>")?" ":"";i+=o===pt?a+Tn:l>=0?(n.push(d),a.slice(0,l)+Zt+a.slice(l)+L+g):a+L+(l===-2?c:g)}return[Te(s,i+(s[e]||"<?>")+(t===2?"</svg>":t===3?"</math>":"")),n]},gt=class s{constructor({strings:t,_$litType$:e},n){let r;this.parts=[];let i=0,o=0,c=t.length-1,a=this.parts,[d,u]=Ee(t,e);if(this.el=s.createElement(d,n),Z.currentNode=this.el.content,e===2||e===3){let l=this.el.content.firstChild;l.replaceWith(...l.childNodes)}for(;(r=Z.nextNode())!==null&&a.length<c;){if(r.nodeType===1){if(r.hasAttributes())for(let l of r.getAttributeNames())if(l.endsWith(Zt)){let m=u[o++],g=r.getAttribute(l).split(L),f=/([.?@])?(.*)/.exec(m);a.push({type:1,index:i,name:f[2],strings:g,ctor:f[1]==="."?At:f[1]==="?"?kt:f[1]==="@"?Ht:tt}),r.removeAttribute(l)}else l.startsWith(L)&&(a.push({type:6,index:i}),r.removeAttribute(l));if(He.test(r.tagName)){let l=r.textContent.split(L),m=l.length-1;if(m>0){r.textContent=xt?xt.emptyScript:"";for(let g=0;g<m;g++)r.append(l[g],mt()),Z.nextNode(),a.push({type:2,index:++i});r.append(l[m],mt())}}}else if(r.nodeType===8)if(r.data===Qt)a.push({type:2,index:i});else{let l=-1;for(;(l=r.data.indexOf(L,l+1))!==-1;)a.push({type:7,index:i}),l+=L.length-1}i++}}static createElement(t,e){let n=Q.createElement("template");return n.innerHTML=t,n}};function X(s,t,e=s,n){if(t===N)return t;let r=n!==void 0?e._$Co?.[n]:e._$Cl,i=ht(t)?void 0:t._$litDirective$;return r?.constructor!==i&&(r?._$AO?.(!1),i===void 0?r=void 0:(r=new i(s),r._$AT(s,e,n)),n!==void 0?(e._$Co??=[])[n]=r:e._$Cl=r),r!==void 0&&(t=X(s,r._$AS(s,t.values),r,n)),t}var St=class{constructor(t,e){this._$AV=[],this._$AN=void 0,this._$AD=t,this._$AM=e}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(t){let{el:{content:e},parts:n}=this._$AD,r=(t?.creationScope??Q).importNode(e,!0);Z.currentNode=r;let i=Z.nextNode(),o=0,c=0,a=n[0];for(;a!==void 0;){if(o===a.index){let d;a.type===2?d=new ot(i,i.nextSibling,this,t):a.type===1?d=new a.ctor(i,a.name,a.strings,this,t):a.type===6&&(d=new Tt(i,this,t)),this._$AV.push(d),a=n[++c]}o!==a?.index&&(i=Z.nextNode(),o++)}return Z.currentNode=Q,r}p(t){let e=0;for(let n of this._$AV)n!==void 0&&(n.strings!==void 0?(n._$AI(t,n,e),e+=n.strings.length-2):n._$AI(t[e])),e++}},ot=class s{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(t,e,n,r){this.type=2,this._$AH=h,this._$AN=void 0,this._$AA=t,this._$AB=e,this._$AM=n,this.options=r,this._$Cv=r?.isConnected??!0}get parentNode(){let t=this._$AA.parentNode,e=this._$AM;return e!==void 0&&t?.nodeType===11&&(t=e.parentNode),t}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(t,e=this){t=X(this,t,e),ht(t)?t===h||t==null||t===""?(this._$AH!==h&&this._$AR(),this._$AH=h):t!==this._$AH&&t!==N&&this._(t):t._$litType$!==void 0?this.$(t):t.nodeType!==void 0?this.T(t):ke(t)?this.k(t):this._(t)}O(t){return this._$AA.parentNode.insertBefore(t,this._$AB)}T(t){this._$AH!==t&&(this._$AR(),this._$AH=this.O(t))}_(t){this._$AH!==h&&ht(this._$AH)?this._$AA.nextSibling.data=t:this.T(Q.createTextNode(t)),this._$AH=t}$(t){let{values:e,_$litType$:n}=t,r=typeof n=="number"?this._$AC(t):(n.el===void 0&&(n.el=gt.createElement(Te(n.h,n.h[0]),this.options)),n);if(this._$AH?._$AD===r)this._$AH.p(e);else{let i=new St(r,this),o=i.u(this.options);i.p(e),this.T(o),this._$AH=i}}_$AC(t){let e=Ae.get(t.strings);return e===void 0&&Ae.set(t.strings,e=new gt(t)),e}k(t){Xt(this._$AH)||(this._$AH=[],this._$AR());let e=this._$AH,n,r=0;for(let i of t)r===e.length?e.push(n=new s(this.O(mt()),this.O(mt()),this,this.options)):n=e[r],n._$AI(i),r++;r<e.length&&(this._$AR(n&&n._$AB.nextSibling,r),e.length=r)}_$AR(t=this._$AA.nextSibling,e){for(this._$AP?.(!1,!0,e);t!==this._$AB;){let n=be(t).nextSibling;be(t).remove(),t=n}}setConnected(t){this._$AM===void 0&&(this._$Cv=t,this._$AP?.(t))}},tt=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(t,e,n,r,i){this.type=1,this._$AH=h,this._$AN=void 0,this.element=t,this.name=e,this._$AM=r,this.options=i,n.length>2||n[0]!==""||n[1]!==""?(this._$AH=Array(n.length-1).fill(new String),this.strings=n):this._$AH=h}_$AI(t,e=this,n,r){let i=this.strings,o=!1;if(i===void 0)t=X(this,t,e,0),o=!ht(t)||t!==this._$AH&&t!==N,o&&(this._$AH=t);else{let c=t,a,d;for(t=i[0],a=0;a<i.length-1;a++)d=X(this,c[n+a],e,a),d===N&&(d=this._$AH[a]),o||=!ht(d)||d!==this._$AH[a],d===h?t=h:t!==h&&(t+=(d??"")+i[a+1]),this._$AH[a]=d}o&&!r&&this.j(t)}j(t){t===h?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,t??"")}},At=class extends tt{constructor(){super(...arguments),this.type=3}j(t){this.element[this.name]=t===h?void 0:t}},kt=class extends tt{constructor(){super(...arguments),this.type=4}j(t){this.element.toggleAttribute(this.name,!!t&&t!==h)}},Ht=class extends tt{constructor(t,e,n,r,i){super(t,e,n,r,i),this.type=5}_$AI(t,e=this){if((t=X(this,t,e,0)??h)===N)return;let n=this._$AH,r=t===h&&n!==h||t.capture!==n.capture||t.once!==n.once||t.passive!==n.passive,i=t!==h&&(n===h||r);r&&this.element.removeEventListener(this.name,this,n),i&&this.element.addEventListener(this.name,this,t),this._$AH=t}handleEvent(t){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,t):this._$AH.handleEvent(t)}},Tt=class{constructor(t,e,n){this.element=t,this.type=6,this._$AN=void 0,this._$AM=e,this.options=n}get _$AU(){return this._$AM._$AU}_$AI(t){X(this,t)}},Re={M:Zt,P:L,A:Qt,C:1,L:Ee,R:St,D:ke,V:X,I:ot,H:tt,N:kt,U:Ht,B:At,F:Tt},En=Yt.litHtmlPolyfillSupport;En?.(gt,ot),(Yt.litHtmlVersions??=[]).push("3.3.3");var Ce=(s,t,e)=>{let n=e?.renderBefore??t,r=n._$litPart$;if(r===void 0){let i=e?.renderBefore??null;n._$litPart$=r=new ot(t.insertBefore(mt(),i),i,void 0,e??{})}return r._$AI(s),r};var ee=globalThis,z=class extends U{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let t=super.createRenderRoot();return this.renderOptions.renderBefore??=t.firstChild,t}update(t){let e=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(t),this._$Do=Ce(e,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return N}};z._$litElement$=!0,z.finalized=!0,ee.litElementHydrateSupport?.({LitElement:z});var Rn=ee.litElementPolyfillSupport;Rn?.({LitElement:z});(ee.litElementVersions??=[]).push("4.2.2");var Cn=["en","de","fr","it"],ne=new Map,Mn=s=>{let t=s.split("-")[0]??"en";return Cn.includes(t)?t:"en"},se=s=>{let t=Mn(s),e=ne.get(t);return e===void 0&&(e=fetch(new URL(`../texts/${t}.json`,import.meta.url)).then(n=>{if(!n.ok)throw new Error(`texts/${t}.json: ${n.status}`);return n.json()}),e.catch(()=>ne.delete(t)),ne.set(t,e)),e},q=(s,t={})=>s.replace(/\{(\w+)\}/g,(e,n)=>String(t[n]??"")),b=(s,t,e)=>q(s.cards[t]??t,e),Me=s=>se(s.language);var Dn=1e3,On=5e3,S=class extends z{constructor(){super(...arguments);this.config={type:""};this.#e="";this.#r=Number.NEGATIVE_INFINITY;this.#i=!1;this.#o=()=>{this.#a(),document.hidden||this.requestUpdate()};this.#a=()=>{let e=!document.hidden&&this.isConnected&&this.counting();e&&this.#s===void 0?this.#s=setInterval(()=>this.requestUpdate(),1e3):e||(clearInterval(this.#s),this.#s=void 0),document.hidden&&(clearTimeout(this.#n),this.#n=void 0)}}#t;#e;#r;#n;#s;#i;setConfig(e){this.config=e,this.requestUpdate()}get hass(){return this.#t}set hass(e){let n=this.#t;this.#t=e,e!==void 0&&(e.language!==this.#e&&this.#c(e),(n===void 0||this.#d(n,e))&&this.draw())}draw(){if(this.#n!==void 0||document.hidden)return;let e=this.#r+Dn-performance.now();if(e<=0){this.requestUpdate();return}this.#n=setTimeout(()=>{this.#n=void 0,this.requestUpdate()},e)}counting(){return!1}say(e,n){return this.texts===void 0?"":b(this.texts,e,n)}connectedCallback(){super.connectedCallback(),document.addEventListener("visibilitychange",this.#o),setTimeout(()=>{this.#i=!0,this.texts===void 0&&this.requestUpdate()},On),this.requestUpdate()}disconnectedCallback(){super.disconnectedCallback(),document.removeEventListener("visibilitychange",this.#o),clearTimeout(this.#n),this.#n=void 0,clearInterval(this.#s),this.#s=void 0}render(){this.#r=performance.now();let{texts:e}=this,n=this.#t;return n===void 0||e===void 0?p`<ha-card aria-busy="true">
 <div class="blank"></div><div class="blank short"></div>
 ${this.#i?p`<p>Waiting for Home Assistant…</p>`:h}
 </ha-card>`:n.connected===!1?p`<ha-card><p class="secondary">${this.say("waiting")}</p></ha-card>`:this.show(n,e)}updated(){this.#a()}#o;#a;async#c(e){this.#e=e.language;try{this.texts=await Me(e)}catch{this.#e="";return}this.requestUpdate()}#d(e,n){if(e.entities!==n.entities||e.devices!==n.devices||e.locale!==n.locale||e.formatEntityState!==n.formatEntityState||e.connected!==n.connected)return!0;for(let r of this.watched(n))if(e.states[r]!==n.states[r])return!0;return!1}static{this.styles=M`
 :host { display: block; }
 ha-card { padding: 16px; height: 100%; box-sizing: border-box; color: var(--primary-text-color); }
 h2 { font-size: var(--ha-font-size-l, 16px); font-weight: 500; margin: 0; line-height: 1.4; overflow-wrap: anywhere; }
 h3 { font-size: var(--ha-font-size-m, 14px); font-weight: 500; margin: 0; }
 p { margin: 0; }
 .secondary, th, dt { color: var(--secondary-text-color); }
 .num, td, dd, .head { font-variant-numeric: tabular-nums; }
 .row { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; }
 .head { display: flex; justify-content: space-between; gap: 12px; align-items: baseline; }
 .blank { height: 40px; border-radius: 8px; background: var(--divider-color); margin-bottom: 12px; }
 .blank.short { width: 60%; }
 button, select, input { font: inherit; color: inherit; }
 button { min-height: 44px; min-width: 44px; border-radius: 12px; border: 1px solid var(--divider-color); background: none; cursor: pointer; padding: 4px 12px; }
 button.text { border: 0; padding: 0; min-height: 24px; min-width: 24px; text-align: start; }
 button:disabled { cursor: default; color: var(--secondary-text-color); opacity: .7; }
 button.link { border: 0; text-decoration: underline; padding: 4px 8px; }
 :focus-visible { outline: 2px solid var(--primary-text-color); outline-offset: 2px; scroll-margin-top: 80px; }
 a { color: inherit; }
 ha-icon { --mdc-icon-size: 20px; }
 .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
 table { border-collapse: collapse; width: 100%; }
 th { text-align: start; font-weight: 400; }
 td, th { padding: 8px 8px 8px 0; vertical-align: top; }
 .end { text-align: end; }
 .bar { height: 10px; border: 1px solid var(--secondary-text-color); border-radius: 5px; overflow: hidden; display: flex; }
 .bar > span { display: block; transition: width .3s; }
 @media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; } }
 @media (forced-colors: active) { .bar > span { border-inline-end: 2px solid CanvasText; } }
 `}};var at=s=>s===void 0||s.state==="unavailable",w=s=>s!==void 0&&s.state!=="unavailable"&&s.state!=="unknown",A=s=>{if(!w(s))return;let t=Number(s.state);return Number.isFinite(t)?t:void 0},P=s=>{let t=A(s);if(t===void 0)return;let e={W:1,kW:1e3,MW:1e6,mW:.001}[String(s?.attributes.unit_of_measurement)];return e===void 0?void 0:t*e},D=(s,t)=>{s.dispatchEvent(new CustomEvent("hass-more-info",{bubbles:!0,composed:!0,detail:{entityId:t}}))},O=s=>{history.pushState(null,"",s),window.dispatchEvent(new CustomEvent("location-changed",{detail:{replace:!1}}))};var Nn=1e4,De=8e3,Pn=(s,t)=>s===t||s!==""&&t!==""&&Number(s)===Number(t),Oe=s=>{let t=new Map,e={text:"",until:0},n=i=>{e={text:i,until:Date.now()+De},s.requestUpdate()},r=()=>{for(let[i,{value:o,until:c,label:a}]of t){let d=s.hass?.states[i];d!==void 0&&Pn(d.state,o)?t.delete(i):Date.now()>c&&(t.delete(i),e={text:s.say("not_accepted",{value:a}),until:Date.now()+De})}Date.now()>e.until&&(e.text="")};return{async send({entity:i,value:o,label:c,call:a}){e.text="",o!==void 0&&t.set(i,{value:o,label:c??o,until:Date.now()+Nn}),s.requestUpdate();try{await a()}catch(d){t.delete(i),n(d.message??s.say("not_accepted",{value:c??""}))}},value(i){return r(),t.get(i.entity_id)?.value??i.state},pending:i=>t.has(i.entity_id),waiting:()=>t.size>0||e.text!=="",refusal(){return r(),e.text}}},re=(s,t,e,{label:n,icons:r={}})=>{let i=e.attributes.options??[],o=s.value(e),c=w(e),a=Math.max(i.indexOf(o),0),d=l=>{l!==o&&s.send({entity:e.entity_id,value:l,label:t.formatEntityState(e,l),call:()=>t.callService("select","select_option",{option:l},{entity_id:e.entity_id},!1)})},u=l=>{let m={ArrowRight:1,ArrowDown:1,ArrowLeft:-1,ArrowUp:-1}[l.key],g=m&&i[(a+m+i.length)%i.length];if(!g)return;l.preventDefault(),d(g),l.currentTarget.querySelector(`[data-option="${g}"]`)?.focus()};return p`<div
 role="radiogroup"
 class=${s.pending(e)?"pending":""}
 aria-label=${n}
 @keydown=${u}
 >
 ${i.map((l,m)=>p`<button
 role="radio"
 data-option=${l}
 aria-checked=${l===o}
 tabindex=${m===a?0:-1}
 ?disabled=${!c}
 @click=${()=>d(l)}
 >
 ${r[l]?p`<ha-icon aria-hidden="true" icon=${r[l]}></ha-icon>`:h}
 <span>${t.formatEntityState(e,l)}</span>
 </button>`)}
 </div>`},Ne=(s,t,e,n)=>{let{min:r=0,max:i=32,step:o=1}=e.attributes,c=Math.max(o,1),a=w(e)?Number(s.value(e)):void 0,d=a!==void 0&&A(e)!==void 0,u=f=>{let _=Math.min(i,Math.max(r,Math.round(f/o)*o));s.send({entity:e.entity_id,value:String(_),label:n.spoken(_),call:()=>t.callService("number","set_value",{value:_},{entity_id:e.entity_id},!1)})},l=f=>u(Number(f.target.value)),m=f=>{let _=f.target,$=_.parentElement?.querySelector("output");$&&($.textContent=n.value(Number(_.value)))},g=(f,_,$)=>p`<button
 aria-label=${`${n.label}: ${_}`}
 ?disabled=${!d||(f<0?a<=r:a>=i)}
 @click=${()=>u((a??r)+f)}
 >${$}</button>`;return p`<div class="slider ${s.pending(e)?"pending":""}">
 ${g(-c,n.less,"\u2212")}
 <input
 type="range"
 aria-label=${n.label}
 aria-valuetext=${d?n.spoken(a):"\u2013"}
 min=${r}
 max=${i}
 step=${c}
 .value=${String(a??r)}
 ?disabled=${!d}
 @input=${m}
 @change=${l}
 />
 ${g(c,n.more,"+")}
 <output class="num" .textContent=${d?n.value(a):"\u2013"}></output>
 </div>`};var k="meters_and_chargers",F=s=>s?.name_by_user||s?.name||"",W=s=>{let t=new Map;for(let e of Object.values(s.entities)){if(e.platform!==k||e.hidden||!e.device_id)continue;let n=t.get(e.device_id)??{},r=e.translation_key??"";n[r]=[...n[r]??[],e.entity_id],t.set(e.device_id,n)}for(let e of t.values())for(let n of Object.values(e))n.sort();return t},Pe=(s,t)=>[...W(s)].filter(([e,n])=>t in n&&e in s.devices).map(([e,n])=>({device:e,name:F(s.devices[e]),entities:n})).sort((e,n)=>e.name.localeCompare(n.name,s.language)),B=s=>Pe(s,"charge_mode"),R=s=>Pe(s,"surplus"),ft=(s,t)=>{let e=new Map;for(let[i,o]of W(s)){let c=s.devices[i],a=c?.parent_device_id,d="charge_mode"in o||"connector_status"in o;if(!a||!("power"in o)||d)continue;let u=s.devices[a];if(t&&a!==t&&u?.via_device_id!==t)continue;let l=e.get(a)??{device:a,name:F(u),circuits:[]};l.circuits.push({device:i,name:F(c),entities:o,module:a}),e.set(a,l)}let n=new Intl.Collator(s.language,{numeric:!0}),r=(i,o)=>n.compare(i.name,o.name);for(let i of e.values())i.circuits.sort(r);return[...e.values()].sort(r)},y=(s,t,e)=>{let[n]=t?.entities[e]??[];return n===void 0?void 0:s.states[n]},Et=(s,t,e)=>(t.entities[e]??[]).map(n=>s.states[n]).filter(w),Ue=async s=>{let[t,...e]=R(s),n=t===void 0?[]:B(s);if(t!==void 0&&e.length===0)return new Map(n.map(c=>[c.device,t.device]));if(n.length===0)return new Map;let r=n.map(c=>c.entities.charge_mode?.[0]??""),i=await s.callWS({type:"config/entity_registry/get_entries",entity_ids:r}),o=new Map(R(s).map(c=>[s.devices[c.device]?.primary_config_entry,c.device]));return new Map(n.flatMap((c,a)=>{let d=o.get(i[r[a]??""]?.config_entry_id??void 0);return d===void 0?[]:[[c.device,d]]}))};var Un=s=>({comma_decimal:["en-US","en"],decimal_comma:["de","es","it"],quote_decimal:["de-CH"],space_comma:["fr","sv","cs"],none:["en-US"],system:void 0})[s.number_format??""]??(s.number_format==="system"?void 0:s.language),Le=new Map,Fe=(s,t)=>{let e=Un(s),n=JSON.stringify([e,t]),r=Le.get(n);return r===void 0&&(r=new Intl.NumberFormat(e,t),Le.set(n,r)),r},H=(s,t,e=0,n=e)=>Fe(s.locale,{minimumFractionDigits:n,maximumFractionDigits:e,useGrouping:s.locale.number_format!=="none"}).format(Object.is(Math.round(t*10**e),-0)?0:t),et=(s,t)=>s+"\xA0"+t,C=(s,t)=>{let e=Math.abs(t);return e<995?et(H(s,Math.round(t/10)*10),"W"):et(H(s,t/1e3,e<99950?1:0),"kW")},T=(s,t,e=1)=>et(H(s,t,e,0),"A"),I=(s,t,e=1)=>t>=1e4?et(H(s,t/1e3,1),"MWh"):et(H(s,t,t<100?e:0),"kWh"),Rt=(s,t)=>et(H(s,t>99&&t<100?99:t),"%"),_t=(s,t,e)=>{let n=e||s.config.currency;return!n||!/^[A-Z]{3}$/.test(n)?et(H(s,t,2),n??""):Fe(s.locale,{style:"currency",currency:n}).format(t)},yt=(s,t)=>{let{locale:e,config:n}=s,r=e.time_format==="12"?!0:e.time_format==="24"?!1:void 0;return new Intl.DateTimeFormat(e.time_format==="system"?void 0:s.language,{...t,...t.hour?{hour12:r}:{},timeZone:e.time_zone==="local"?void 0:n.time_zone})},Ct=(s,t)=>{let{hour12:e}=yt(s,{hour:"numeric"}).resolvedOptions();return yt(s,{hour:e?"numeric":"2-digit",minute:"2-digit"}).format(t)},Mt=(s,t)=>yt(s,{day:"numeric",month:"short"}).format(t),ie=(s,t)=>yt(s,{month:"long",year:"numeric"}).format(t),Dt=(s,t,e)=>yt(s,{weekday:e}).format(t),Ie=(s,t,e)=>{let n=r=>{let i=Object.fromEntries(new Intl.DateTimeFormat("en-US",{year:"numeric",month:"numeric",day:"numeric",timeZone:s.locale.time_zone==="local"?void 0:s.config.time_zone}).formatToParts(r).map(o=>[o.type,Number(o.value)]));return Date.UTC(i.year??0,(i.month??1)-1,i.day??1)};return Math.round((n(t)-n(e))/864e5)},je=s=>`${Math.floor(s/60)}:${String(Math.floor(s%60)).padStart(2,"0")}`;var Ot=30,Ln={surplus_low:["min_solar","boost"],no_surplus:["min_solar","boost"],stop_delay:["min_solar","boost"],battery_first:["min_solar","boost"],price_high:["boost"],plan_later:["boost"],disabled:["allow"],ageing:["devices"],meter_stale:["devices"],meter_lost:["devices"],meter_slow:["devices"],not_following:["devices"],charger_offline:["devices"],fault:["devices"]},oe=(s,t,e)=>s.callService(k,"boost",{minutes:e},{entity_id:t},!1),ae=(s,t,e=Ot)=>(t.units.min??"").replace("{value}",H(s,e)),ze=(s,t,e,n,r)=>{let i=(_,$)=>b(n,_,$),o=R(e),c=o.length===1?o[0]:void 0,a=c===void 0?[]:Fn(e,i,c),d=r.entities.charge_mode?.[0]??"",u=e.states[d],l=r.entities.enabled?.[0]??"",m={min_solar:()=>u===void 0||u.state==="min_solar"?h:g(e.formatEntityState(u,"min_solar"),d,()=>e.callService("select","select_option",{option:"min_solar"},{entity_id:d},!1)),boost:()=>g(i("boost",{left:ae(e,n)}),d,()=>oe(e,d,Ot)),allow:()=>g(i("allow_charging"),l,()=>e.callService("switch","turn_on",{},{entity_id:l},!1)),devices:()=>p`<button
 @click=${()=>O(`/config/integrations/integration/${k}`)}
 >${i("diagnostics")}</button>`},g=(_,$,E)=>p`<button @click=${()=>t.send({entity:$,call:E})}>${_}</button>`,f=Ln[y(e,r,"reason")?.state??""]??[];return p`<div class="explained">
 ${a.length>0?p`<h3>${i("what_i_see")}</h3>
 <ul>${a.map(([_,$])=>p`<li><button class="text num" @click=${()=>D(s,$)}>${_}</button></li>`)}</ul>`:h}
 ${f.length>0?p`<h3>${i("what_you_can_do")}</h3>
 <div class="row">${f.map(_=>m[_]())}</div>`:h}
 </div>`},Fn=(s,t,e)=>{let n=[],r=y(s,e,"grid_power"),i=P(r);r&&i!==void 0&&n.push([`${t("grid")}: ${t(i>0?"imports":"exports")} ${C(s,Math.abs(i))}`,r.entity_id]);let o=y(s,e,"surplus"),c=P(o);o&&c!==void 0&&n.push([t("surplus",{power:C(s,c)}),o.entity_id]);for(let[d,u]of["headroom_l1","headroom_l2","headroom_l3"].entries()){let l=y(s,e,u),m=A(l);l&&m!==void 0&&n.push([`L${d+1}: ${t(m<0?"over":"left",{current:T(s,Math.abs(m))})}`,l.entity_id])}let a=y(s,e,"grid_data_state");return w(a)&&n.push([t("meter_data",{state:s.formatEntityState(a)}),a.entity_id]),n};var In={have:"power",power:"power",grid:"power",cap:"power",need:"power",free:"current",limit:"current",current:"current",energy:"energy",target:"energy",age:"duration",late:"duration",left:"duration",until:"time",start:"time",ready:"time",price:"price",max_price:"price",soc:"percent",phases:"phases",circuit:"word",charger:"word",phase:"word",count:"word"},jn={fuse_full:{need:"current"},fuse_resume:{need:"current"},battery_first:{target:"percent"}},zn=30,Nt=(s,t)=>{let e=(i,o)=>q(s.units[i]??"",{value:o});if(t<60)return e("s",Math.round(t));let n=Math.round(t/60),r=[];return n>=60&&r.push(e("h",Math.floor(n/60))),n%60&&r.push(e("min",n%60)),r.join("\xA0")},j=(s,t,e,n)=>{let r=Ie(s,e,n),o={"-1":"yesterday",0:"today",1:"tomorrow"}[r]??(r>0&&r<7?"week":"later"),c=Ct(s,e);return o==="yesterday"?b(t,"yesterday",{time:c}):o==="later"?`${Mt(s,e)} ${c}`:q(t.times[o]??"{time}",{time:c,weekday:Dt(s,e,"short")})},qe=(s,t,e)=>{let n=(t.getTime()-e.getTime())/1e3;return n<600?je(n):Nt(s,n)},qn=(s,t,e,n,r)=>{let i=Number(n);switch(e){case"power":return C(s,i);case"current":return T(s,i);case"energy":return I(s,i);case"duration":return Nt(t,i);case"percent":return Rt(s,i);case"time":return j(s,t,new Date(String(n)),r);case"phases":return t.phases[String(n)]??String(n);case"price":return q(t.units.price??"{value}",{value:H(s,i,3,2),currency:s.config.currency??""});default:return String(n)}},Wn=(s,t)=>s.split(", ").filter(e=>[...e.matchAll(/\{(\w+)\}/g)].every(([,n])=>(n??"")in t)).map(e=>q(e,t).replace(/ {2,}/g," ").trim()).filter(e=>e!=="").join(", "),We=(s,t,e,n,r)=>{if(!w(e))return{key:"",sentence:b(t,"no_reason"),severity:"wait",counts:!1};let i=e.state,o=t.tails[i]??"",c={phase:""};for(let[$,E]of Object.entries(e.attributes)){let x=jn[i]?.[$]??In[$];x===void 0||E===null||$==="grid"&&Number(E)<=zn||(c[$]=qn(s,t,x,E,r))}let a=w(n)?n.state:e.attributes.until,d=typeof a=="string"?new Date(a):void 0,u=o.includes("{left}")&&d!==void 0;u&&(c.left=qe(t,d,r));let l=s.formatEntityState(e),m=u&&d<=r?b(t,"any_moment"):Wn(o,c),f=[...o.matchAll(/\{(left|until|start|ready)\}/g)].some(([,$])=>($??"")in c),_=d===void 0||f||d<=r?void 0:Bn(s,t,e.attributes.next,d,r);return{key:i,sentence:m?q(t.sentence.with_tail,{head:l,tail:m}):q(t.sentence.without_tail,{head:l}),severity:String(e.attributes.severity??"wait"),next:_,counts:u||_!==void 0}},Bn=(s,t,e,n,r)=>{if(typeof e!="string")return;let i=j(s,t,n,r),o={left:qe(t,n,r),ready:i,start:i,until:i};return b(t,`next_${e}`,o)};var Ke=s=>w(s)&&s.attributes.plan||void 0,Je=(s,t,e,n)=>{let r=Ke(e);if(r===void 0)return b(t,"no_plan");let i=r.charge_level===void 0?I(s,r.energy_kwh??0):Rt(s,r.charge_level);return b(t,"plan",{target:i,ready:j(s,t,new Date(r.ready_at),n)})},ce=(s,t)=>new Intl.DateTimeFormat("en-GB",{hour:"2-digit",minute:"2-digit",hour12:!1,timeZone:s.config.time_zone}).format(t),Be=(s,t,e,n)=>{let r=e<=ce(s,n),i=new Date(n.getTime()+(r?864e5:0));return b(t,r?"ready_tomorrow":"ready_today",{weekday:Dt(s,i,"long"),time:e})},Ge=(s,t,e,n,r)=>{let i=y(t,n,"charge_mode"),o=Ke(y(t,n,"charger_state")),c=n.entities.charge_mode?.[0]??"",a=()=>s.renderRoot.querySelector("dialog"),d=x=>s.renderRoot.querySelector(`dialog [name=${x}]`),u=()=>{let x=d("level")?.valueAsNumber,V=d("energy")?.valueAsNumber,Bt=x?{charge_level:x}:V?{energy:V}:{};return{time:d("time")?.value??"07:00",...Bt}},l=x=>{s.planAnswer=x,s.requestUpdate()},m=x=>l(x.message??""),g=async(x,V)=>{try{await t.callService(k,x,V,{entity_id:c},!1),s.planAnswer="",a()?.close()}catch(Bt){m(Bt)}},f=async()=>{try{let x=await t.callWS({type:"call_service",domain:k,service:"preview",service_data:u(),target:{entity_id:c},return_response:!0}),V=Object.values(x.response)[0];l([Be(t,e,d("time")?.value??"07:00",new Date),V?Kn(t,e,V,new Date):""].join(" "))}catch(x){m(x)}},_=i?.state==="off",$=()=>t.callService("select","select_option",{option:"solar"},{entity_id:c},!1);return p`<dialog aria-labelledby="plan-title" @close=${()=>l("")}>
 <form method="dialog" @submit=${x=>{x.preventDefault(),g("set_plan",u())}} @change=${f}>
 <h2 id="plan-title">${b(e,"plan_title",{name:n.name})}</h2>
 ${_?p`<div class="row">
 <span>${b(e,"plan_off")}</span>
 <button type="button" @click=${$}>${b(e,"switch_to_solar")}</button>
 </div>`:h}
 <label>${b(e,"plan_energy")}
 <input name="energy" type="number" min="0.1" max="200" step="0.1"
 .value=${String(o?.energy_kwh??(o?.charge_level?"":20))} />
 </label>
 ${"min_level"in n.entities?p`<label>${b(e,"plan_level")}
 <input name="level" type="number" min="1" max="100" step="1"
 .value=${String(o?.charge_level??"")} />
 </label>`:h}
 <label>${b(e,"plan_ready")}
 <input name="time" type="time" required
 .value=${o?ce(t,new Date(o.ready_at)):"07:00"} />
 </label>
 <p role="status">${s.planAnswer||Be(t,e,o?ce(t,new Date(o.ready_at)):"07:00",r)}</p>
 <div class="row actions">
 ${o?p`<button type="button" @click=${()=>g("clear_plan",{})}>${b(e,"remove")}</button>`:h}
 <button type="button" @click=${()=>a()?.close()}>${b(e,"cancel")}</button>
 <button>${b(e,"save")}</button>
 </div>
 </form>
 </dialog>`},Kn=(s,t,e,n)=>{let{start:r,late_minutes:i}=e;return i?b(t,"plan_late",{late:Nt(t,i*60)}):r?b(t,"plan_starts",{start:j(s,t,new Date(r),n)}):""};var Jn={off:"mdi:power",solar:"mdi:white-balance-sunny",min_solar:"mdi:sun-clock",fast:"mdi:flash"},Ve={no_vehicle:"mdi:ev-plug-type2",blocked:"mdi:lock-outline",waiting_surplus:"mdi:timer-sand",start_delay:"mdi:timer-play-outline",starting:"mdi:timer-play-outline",charging:"mdi:lightning-bolt",limited:"mdi:gauge-low",stop_delay:"mdi:timer-stop-outline",switching_phases:"mdi:sine-wave",paused_fuse:"mdi:fuse-alert",failsafe:"mdi:shield-alert",finished:"mdi:check-circle-outline",fault:"mdi:alert-octagon"},de=["mode","slider","plan","session"],Gn=["mode","slider","phases","boost","plan","session"],Vn=1,Yn=50,Ye=(s,t)=>{let e=W(s).get(t);if(!(e===void 0||!("charge_mode"in e)))return{device:t,name:F(s.devices[t]),entities:e}},Zn=(s,t)=>{let e=y(s,t,"charger_state")?.attributes??{},n=e.current_entities,r=(Array.isArray(n)?n.map(d=>s.states[d]):Et(s,t,"current_phase")).map(A).filter(d=>d!==void 0),i=r.map(Math.abs).filter(d=>d>Vn),o=typeof e.power_entity=="string"?e.power_entity:t.entities.power?.[0],c=o===void 0?void 0:P(s.states[o]),a=r.length>0?230*i.reduce((d,u)=>d+u,0):void 0;return{entity:o,power:c??a,reckoned:c===void 0,phases:i.length,current:i.length>0?Math.max(...i):void 0}},Pt=class extends S{#t=Oe(this);#e=!1;#r=!1;#n="";#s="";watched(t){let e=Ye(t,String(this.config.device));if(e===void 0)return[];let n=y(t,e,"charger_state")?.attributes??{};return[...Object.values(e.entities).flat(),...[n.power_entity,n.current_entities].flat().map(String),...(this.#r?R(t):[]).flatMap(r=>Object.values(r.entities).flat())]}counting(){return this.#e||this.#t.waiting()}#i=()=>{this.#r=!this.#r,this.requestUpdate()};#o(t){return(this.config.show??de).includes(t)}show(t,e){let n=Ye(t,String(this.config.device));if(n===void 0)return p`<ha-card>
 <p>${this.say("no_charger_here")}</p>
 ${this.#y(`/config/integrations/integration/${k}`,"add_charger")}
 </ha-card>`;let r=new Date,i=y(t,n,"charger_state"),o=y(t,n,"reason"),c=y(t,n,"next_change"),a=We(t,e,o,c,r);this.#e=a.counts,a.key!==this.#s&&(this.#s=a.key,this.#n=a.sentence);let d=this.config.name||n.name,u=String(this.config.view??`/config/devices/device/${n.device}`),l=i?.state==="failsafe"||a.severity==="fault";return p`<ha-card class=${l?a.severity:""}>
 <section aria-labelledby="title">
 <div class="head">
 <h2 id="title">
 <button class="text" @click=${()=>O(u)}>
 ${d}
 </button>
 </h2>
 ${this.#a(t,i)}
 </div>
 ${this.#c(t,e,n)}
 <button class="text reason" aria-expanded=${this.#r} @click=${this.#i}>
 ${l?p`<ha-icon aria-hidden="true" icon=${Ve[i?.state??""]??"mdi:alert"}></ha-icon>`:h}
 ${a.sentence}
 </button>
 <div class="hidden" role="status" aria-live="polite">${this.#n}</div>
 ${a.next?p`<p class="secondary num">${a.next}</p>`:h}
 ${this.#r?ze(this,this.#t,t,e,n):h}
 ${this.config.compact?h:this.#d(t,e,n,d,r)}
 <p role="status" class="refused">${this.#t.refusal()}</p>
 </section>
 </ha-card>`}#a(t,e){return w(e)?p`<button
 class="text state"
 @click=${()=>D(this,e.entity_id)}
 >
 <ha-icon aria-hidden="true" icon=${Ve[e.state]??"mdi:ev-station"}></ha-icon>
 ${t.formatEntityState(e)}
 </button>`:p`<span class="state">${this.say(at(e)?"no_contact":"not_yet")}</span>`}#c(t,e,n){let{entity:r,power:i,reckoned:o,phases:c,current:a}=Zn(t,n),d=[];i!==void 0&&d.push(`${o?"\u2248 ":""}${C(t,Math.max(i,0))}`);let u=i===void 0||i>Yn;c>0&&a!==void 0&&u&&d.push(e.phases[c]??"",T(t,a));let l=y(t,n,"charging_current"),m=A(l);a===void 0&&m!==void 0&&(u||m>0)&&d.push(this.say("limit",{current:T(t,m)}));let g=r??l?.entity_id;return d.length===0?p`<p class="figures">–</p>`:p`<button
 class="text figures num"
 ?disabled=${g===void 0}
 @click=${()=>g&&D(this,g)}
 >${d.join(" \xB7 ")}</button>`}#d(t,e,n,r,i){let o={mode:()=>this.#l(t,n,r),slider:()=>this.#m(t,n,r),phases:()=>this.#p(t,n,r),boost:()=>this.#h(t,e,n,i),plan:()=>this.#g(t,e,n,i),session:()=>this.#f(t,e,n,i)};return Gn.filter(c=>this.#o(c)).map(c=>o[c]?.())}#l(t,e,n){let r=y(t,e,"charge_mode");return r===void 0?h:y(t,e,"reason")?.state==="observe"?this.#u(t):re(this.#t,t,r,{label:this.say("mode_of",{name:n}),icons:Jn})}#u(t){let n=[...W(t).values()].flatMap(i=>i.observe??[]).filter(i=>t.states[i]?.state==="on"),r=()=>Promise.all(n.map(i=>t.callService("switch","turn_off",{},{entity_id:i})));return p`<div class="row">
 <span>${this.say("observing")}</span>
 ${n.length===1?p`<button @click=${r}>${this.say("take_control")}</button>`:h}
 </div>`}#p(t,e,n){let r=y(t,e,"phases");return r===void 0?h:re(this.#t,t,r,{label:this.say("phases_of",{name:n})})}#m(t,e,n){let r=y(t,e,"max_current");return r===void 0?h:Ne(this.#t,t,r,{label:this.say("max_current_of",{name:n}),value:i=>this.say("max",{current:T(t,i)}),spoken:i=>T(t,i),less:this.say("less"),more:this.say("more")})}#h(t,e,n,r){let i=n.entities.charge_mode?.[0];if(i===void 0)return h;let o=y(t,n,"charger_state")?.attributes.boost_until,c=typeof o=="string"?Math.max(0,Math.ceil((Date.parse(o)-r.getTime())/6e4)):void 0,a=()=>oe(t,i,c===void 0?Ot:0);return p`<button @click=${()=>this.#t.send({entity:i,call:a})}>
 <ha-icon aria-hidden="true" icon="mdi:rocket-launch-outline"></ha-icon>
 ${this.say(c===void 0?"boost":"stop_boost",{left:ae(t,e,c)})}
 </button>`}#g(t,e,n,r){if(!("target_energy"in n.entities))return h;let i=()=>this.renderRoot.querySelector("dialog")?.showModal();return p`<div class="row plan">
 <ha-icon aria-hidden="true" icon="mdi:flag-checkered"></ha-icon>
 <span>${Je(t,e,y(t,n,"charger_state"),r)}</span>
 <button class="link" @click=${i}>${this.say("edit_plan")}</button>
 </div>
 ${Ge(this,t,e,n,r)}`}#f(t,e,n,r){let i=y(t,n,"session_energy"),o=A(i);if(i===void 0||o===void 0)return h;let c=y(t,n,"session_start"),a=y(t,n,"session_cost"),d=y(t,n,"charger_state")?.state!=="no_vehicle",u=[I(t,o,2)];w(c)&&u.push(j(t,e,new Date(c.state),r));let l=A(a);l!==void 0&&u.push(_t(t,l,String(a?.attributes.unit_of_measurement??"")));let m=this.say(d?"this_session":"last_session");return p`<button class="text num" @click=${()=>D(this,i.entity_id)}>
 <span class="secondary">${m}</span> ${u.join(" \xB7 ")}
 </button>`}#y(t,e){return p`<button @click=${()=>O(t)}>${this.say(e)}</button>`}static{this.styles=[S.styles,M`
 section { display: flex; flex-direction: column; gap: 8px; }
 section > button { align-self: flex-start; }
 .state { display: inline-flex; gap: 4px; align-items: center; flex: none; max-width: 60%; }
 .figures { font-size: var(--ha-font-size-xl, 20px); line-height: 1.3; margin: 0; }
 .reason { min-height: 24px; line-height: 1.4; align-self: flex-start; }
 .explained { border-inline-start: 2px solid var(--divider-color); padding-inline-start: 12px; display: flex; flex-direction: column; gap: 6px; }
 .explained ul { margin: 0; padding: 0; list-style: none; }
 .warn, .fault { border-inline-start: 6px solid var(--warning-color); }
 .fault { border-inline-start-color: var(--error-color); }
 .plan { gap: 4px 8px; }
 .plan span { flex: 1; }
 .refused:empty { display: none; }
 [role="radiogroup"] { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: 4px; }
 [role="radio"] { display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 2px; padding: 4px 2px; line-height: 1.15; font-size: var(--ha-font-size-s, 12px); min-height: 52px; min-width: 0; hyphens: auto; }
 [role="radio"][aria-checked="true"] { border: 2px solid var(--primary-text-color); background: color-mix(in srgb, var(--primary-color) 20%, transparent); font-weight: 500; }
 .slider { display: flex; align-items: center; gap: 6px; }
 .slider input { flex: 1; min-width: 40px; height: 44px; margin: 0; accent-color: var(--primary-color); }
 .slider button { font-size: 20px; line-height: 1; padding: 0; flex: none; }
 .slider output { min-width: 5em; text-align: end; flex: none; }
 .pending { box-shadow: 0 2px 0 var(--primary-color); }
 dialog { border: 0; border-radius: 16px; padding: 24px; width: min(440px, 100vw - 32px); box-sizing: border-box; background: var(--card-background-color); color: var(--primary-text-color); }
 dialog::backdrop { background: rgb(0 0 0 / 50%); }
 dialog form { display: flex; flex-direction: column; gap: 16px; }
 label { display: flex; flex-direction: column; gap: 4px; }
 label input { min-height: 44px; border: 1px solid var(--secondary-text-color); border-radius: 8px; background: none; padding: 0 8px; color-scheme: light dark; }
 .actions { justify-content: flex-end; }
 `]}};var Ze={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},Ut=s=>(...t)=>({_$litDirective$:s,values:t}),ct=class{constructor(t){}get _$AU(){return this._$AM._$AU}_$AT(t,e,n){this._$Ct=t,this._$AM=e,this._$Ci=n}_$AS(t,e){return this.update(t,e)}update(t,e){return this.render(...e)}};var Qn={},Qe=Ut(class extends ct{constructor(){super(...arguments),this.ot=Qn}render(s,t){return t()}update(s,[t,e]){if(Array.isArray(t)){if(Array.isArray(this.ot)&&this.ot.length===t.length&&t.every((n,r)=>n===this.ot[r]))return N}else if(this.ot===t)return N;return this.ot=Array.isArray(t)?Array.from(t):t,this.render(t,e)}});var{I:Xn}=Re,Xe=s=>s;var tn=()=>document.createComment(""),dt=(s,t,e)=>{let n=s._$AA.parentNode,r=t===void 0?s._$AB:t._$AA;if(e===void 0){let i=n.insertBefore(tn(),r),o=n.insertBefore(tn(),r);e=new Xn(i,o,s,s.options)}else{let i=e._$AB.nextSibling,o=e._$AM,c=o!==s;if(c){let a;e._$AQ?.(s),e._$AM=s,e._$AP!==void 0&&(a=s._$AU)!==o._$AU&&e._$AP(a)}if(i!==r||c){let a=e._$AA;for(;a!==i;){let d=Xe(a).nextSibling;Xe(n).insertBefore(a,r),a=d}}}return e},J=(s,t,e=s)=>(s._$AI(t,e),s),ts={},en=(s,t=ts)=>s._$AH=t,nn=s=>s._$AH,Lt=s=>{s._$AR(),s._$AA.remove()};var sn=(s,t,e)=>{let n=new Map;for(let r=t;r<=e;r++)n.set(s[r],r);return n},le=Ut(class extends ct{constructor(s){if(super(s),s.type!==Ze.CHILD)throw Error("repeat() can only be used in text expressions")}dt(s,t,e){let n;e===void 0?e=t:t!==void 0&&(n=t);let r=[],i=[],o=0;for(let c of s)r[o]=n?n(c,o):o,i[o]=e(c,o),o++;return{values:i,keys:r}}render(s,t,e){return this.dt(s,t,e).values}update(s,[t,e,n]){let r=nn(s),{values:i,keys:o}=this.dt(t,e,n);if(!Array.isArray(r))return this.ut=o,i;let c=this.ut??=[],a=[],d,u,l=0,m=r.length-1,g=0,f=i.length-1;for(;l<=m&&g<=f;)if(r[l]===null)l++;else if(r[m]===null)m--;else if(c[l]===o[g])a[g]=J(r[l],i[g]),l++,g++;else if(c[m]===o[f])a[f]=J(r[m],i[f]),m--,f--;else if(c[l]===o[f])a[f]=J(r[l],i[f]),dt(s,a[f+1],r[l]),l++,f--;else if(c[m]===o[g])a[g]=J(r[m],i[g]),dt(s,r[l],r[m]),m--,g++;else if(d===void 0&&(d=sn(o,g,f),u=sn(c,l,m)),d.has(c[l]))if(d.has(c[m])){let _=u.get(o[g]),$=_!==void 0?r[_]:null;if($===null){let E=dt(s,r[l]);J(E,i[g]),a[g]=E}else a[g]=J($,i[g]),dt(s,r[l],$),r[_]=null;g++}else Lt(r[m]),m--;else Lt(r[l]),l++;for(;g<=f;){let _=dt(s,a[f+1]);J(_,i[g]),a[g++]=_}for(;l<=m;){let _=r[l++];_!==null&&Lt(_)}return this.ut=o,en(s,a),N}});var es=24,ns=5,ss=["position","power","name"],rs=["power","current","energy_today"],nt=(s,t)=>P(y(s,t,"power")),is=(s,t)=>{let e=Et(s,t,"current_phase").map(A).filter(n=>n!==void 0);return e.length>0?Math.max(...e.map(Math.abs)):void 0},os=(s,t)=>["power","current_phase"].flatMap(e=>(t.entities[e]??[]).map(n=>s.states[n])),rn=(s,t)=>t.reduce((e,n)=>e+(nt(s,n)??0),0),Ft=class extends S{#t="";#e;#r=new Map;#n;#s(t){let{entities:e,devices:n}=t,r=this.config.device,i=this.#n;if(i?.entities===e&&i.devices===n&&i.gateway===r)return i.found;let o=ft(t,r);return this.#n={entities:e,devices:n,gateway:r,found:o},o}watched(t){return this.#s(t).flatMap(e=>e.circuits.flatMap(n=>Object.values(n.entities).flat()))}show(t,e){let n=this.#s(t),r=n.flatMap(u=>u.circuits);if(r.length===0)return p`<ha-card>
 <p>${this.say("no_circuits")}</p>
 <button @click=${()=>O(`/config/integrations/integration/${k}`)}>
 ${this.say("show_devices")}
 </button>
 </ha-card>`;let i=this.#t.toLocaleLowerCase(t.language),o=(u,l)=>`${u.name} ${l.name}`.toLocaleLowerCase(t.language).includes(i),c=Math.max(...r.map(u=>Math.abs(nt(t,u)??0)),1),a=this.#e??String(this.config.sort??"position"),d=r.length>es;return p`<ha-card>
 <section aria-labelledby="title">
 <h2 id="title">${this.config.name||this.say("circuits")}</h2>
 <div class="row tools">
 <label>${this.say("search")}
 <input type="search" .value=${this.#t} @input=${this.#i} /></label>
 <label>${this.say("sort")}
 <select @change=${this.#o}>
 ${ss.map(u=>p`<option value=${u} ?selected=${u===a}>${this.say(`sort_${u}`)}</option>`)}
 </select></label>
 <span class="num">${this.say("in_total",{power:C(t,rn(t,r))})}</span>
 </div>
 ${d&&!i?this.#c(t,r,c):h}
 ${le(n,u=>u.device,u=>{let l=u.circuits.filter(m=>o(m,u));return l.length===0?h:this.#d(t,u,this.#a(t,l,a),c,{folded:i===""&&(this.#r.get(u.device)??d)})})}
 </section>
 </ha-card>`}#i=t=>{this.#t=t.target.value.trim(),this.requestUpdate()};#o=t=>{this.#e=t.target.value,this.requestUpdate()};#a(t,e,n){return n==="power"?[...e].sort((r,i)=>(nt(t,i)??0)-(nt(t,r)??0)):n==="name"?[...e].sort((r,i)=>r.name.localeCompare(i.name,t.language)):e}#c(t,e,n){let r=this.#a(t,e,"power").slice(0,ns);return p`<h3>${this.say("largest")}</h3>
 ${this.#l(t,r,n,this.say("largest"))}`}#d(t,e,n,r,{folded:i}){return p`<div class="module">
 <h3>
 <button class="fold" aria-expanded=${!i} @click=${()=>{this.#r.set(e.device,!i),this.requestUpdate()}}>
 <ha-icon aria-hidden="true" icon=${i?"mdi:chevron-right":"mdi:chevron-down"}></ha-icon>
 <span>${this.say("module",{name:e.name,count:e.circuits.length})}</span>
 <span class="num">${C(t,rn(t,e.circuits))}</span>
 </button>
 </h3>
 ${i?h:this.#l(t,n,r,e.name)}
 </div>`}#l(t,e,n,r){let o=(this.config.columns??rs).includes("current")&&e.some(c=>"current_phase"in c.entities);return p`<table>
 <caption class="hidden">${r}</caption>
 <thead class="hidden"><tr>
 <th scope="col">${this.say("circuit")}</th>
 <th scope="col">${this.say("share")}</th>
 <th scope="col">${this.say("power")}</th>
 ${o?p`<th scope="col">${this.say("current")}</th>`:h}
 </tr></thead>
 <tbody>
 ${le(e,c=>c.device,c=>Qe([c,...os(t,c),n,o,t.locale,this.texts],()=>this.#u(t,c,n,o)))}
 </tbody>
 </table>`}#u(t,e,n,r){let i=y(t,e,"power"),o=nt(t,e),c=r?is(t,e):void 0,a=this.say(at(i)?"no_contact":"not_yet"),d=o===void 0?`\u2013 ${a}`:`${o<0?`${this.say("feeds_in")} `:""}${C(t,Math.abs(o))}`;return p`<tr>
 <th scope="row">
 <button class="text" @click=${()=>i&&D(this,i.entity_id)}>${e.name}</button>
 </th>
 <td class="share">
 <span class="bar" aria-hidden="true"><span style="width: ${100*Math.abs(o??0)/n}%"></span></span>
 </td>
 <td class="end ${w(i)?"":"secondary"}">${d}</td>
 ${r?p`<td class="end">${c===void 0?"\u2013":T(t,c)}</td>`:h}
 </tr>`}static{this.styles=[S.styles,M`
 section { max-width: 1100px; margin: 0 auto; display: flex; flex-direction: column; gap: 12px; }
 .tools { gap: 16px; align-items: flex-end; }
 .tools label { display: flex; flex-direction: column; gap: 4px; color: var(--secondary-text-color); }
 .tools input, .tools select { min-height: 44px; border: 1px solid var(--secondary-text-color); border-radius: 8px; background: var(--card-background-color); color: var(--primary-text-color); padding: 0 8px; max-width: 100%; }
 .module { content-visibility: auto; contain-intrinsic-size: auto 200px; }
 .fold { display: flex; width: 100%; border: 0; gap: 8px; align-items: center; padding: 4px 0; text-align: start; font-weight: 500; }
 .fold span:nth-of-type(1) { flex: 1; overflow-wrap: anywhere; }
 th[scope="row"] { width: 40%; color: var(--primary-text-color); overflow-wrap: anywhere; }
 .share { width: 30%; }
 .share .bar { margin-top: 7px; min-width: 40px; }
 .share .bar > span { background: var(--primary-color); height: 100%; }
 td:last-child { padding-inline-end: 0; }
 @container (max-width: 480px) {
 tbody tr { display: grid; grid-template-columns: 1fr auto auto; padding: 6px 0; }
 tbody td, tbody th[scope="row"] { padding: 2px 0 2px 8px; width: auto; }
 tbody th[scope="row"] { padding-inline-start: 0; }
 tbody .share { grid-row: 2; grid-column: 1 / -1; padding: 2px 0; width: auto; }
 .share .bar { margin: 0; height: 6px; }
 }
 section { container-type: inline-size; }
 `]}};var as=new Set(["charge_mode","charger_state","reason","next_change","boost","site_activity","min_current","max_current","priority","target_energy","enabled","phases","starts_today","phase_changes_today","writes_today","wished_current","allocated_current","limit_l1","limit_l2","limit_l3"]),on=(s,t)=>s.length===0?void 0:new Date(Math.max(...s.map(e=>Date.parse(e[t])))),cs=(s,t,e)=>{let n=Object.entries(e).filter(([i])=>!as.has(i)).flatMap(([,i])=>i.map(o=>s.states[o])).filter(i=>i!==void 0);if(n.length===0)return;let r=n.every(at);return{device:t,away:r,at:r?on(n,"last_changed"):on(n.filter(w),"last_updated")}},ds=s=>[...W(s)].flatMap(([e,n])=>{let r=s.devices[e];return r===void 0||r.parent_device_id||"surplus"in n?[]:r.entry_type==="service"?[]:cs(s,r,n)??[]}).sort((e,n)=>Number(n.away)-Number(e.away)||F(e.device).localeCompare(F(n.device),s.language)),It=class extends S{watched(t){return[...W(t)].flatMap(([e,n])=>t.devices[e]?.parent_device_id?[]:Object.values(n).flat())}show(t,e){let n=ds(t),r=R(t).filter(i=>!this.config.site||i.device===this.config.site);return p`<ha-card>
 <section aria-labelledby="title">
 <h2 id="title">${this.config.name||this.say("health")}</h2>
 ${r.map(i=>this.#t(t,i))}
 ${n.length>0?this.#e(t,e,n):p`<p>${this.say("no_devices")}</p>`}
 <div class="row">
 <button @click=${()=>O(`/config/integrations/integration/${k}`)}>
 ${this.say("diagnostics")}
 </button>
 </div>
 </section>
 </ha-card>`}#t(t,e){let n=y(t,e,"grid_data_state"),r=y(t,e,"headroom_l1")?.attributes.rating,i=y(t,e,"overload_count"),o=A(i),c=Number(i?.attributes.worst??0),d=y(t,e,"observe")?.state==="on"?this.say("observing"):this.say("guarding",{current:T(t,Number(r??0))});return p`<div>
 <h3>${e.name}</h3>
 <p class="num">${d} ${w(n)?this.say("meter_data",{state:t.formatEntityState(n)}):this.say("no_meter_data")}.
 ${o===void 0?h:o===0?this.say("no_overload"):this.say("overloads",{count:H(t,o),current:T(t,c)})}</p>
 </div>`}#e(t,e,n){let r=new Date;return p`<table>
 <thead><tr>
 <th scope="col">${this.say("connection")}</th>
 <th scope="col">${this.say("status")}</th>
 <th scope="col" class="end">${this.say("newest")}</th>
 </tr></thead>
 <tbody>${n.map(({device:i,away:o,at:c})=>{let a=c===void 0?"\u2013":j(t,e,c,r);return p`<tr>
 <th scope="row"><button class="text" @click=${()=>O(`/config/devices/device/${i.id}`)}>${F(i)}</button></th>
 <td><span class="status ${o?"away":""}">
 <ha-icon aria-hidden="true" icon=${o?"mdi:lan-disconnect":"mdi:check-circle-outline"}></ha-icon>
 ${this.say(o?"no_contact":"working")}</span></td>
 <td class="end">${o?this.say("since",{time:a}):a}</td>
 </tr>`})}</tbody>
 </table>`}static{this.styles=[S.styles,M`
 section { display: flex; flex-direction: column; gap: 16px; }
 tbody th { color: var(--primary-text-color); overflow-wrap: anywhere; }
 .status { display: inline-flex; gap: 4px; align-items: center; }
 .away { font-weight: 700; }
 `]}};var an=["start","end","duration","charger","tag","energy","cost","currency","price","meter_start","meter_end","reason","id"],ls=["energy","meter_start","meter_end"],us=/^[=+\-@\t\r]/,cn=(s,t)=>{let e=t?";":",",n=(i,o)=>{if(o==null)return"";if(typeof o=="number"&&i!=="id"){let d=ls.includes(i)?o.toFixed(3):String(o);return t?d.replace(".",","):d}let c=String(o),a=us.test(c)?`'${c}`:c;return/[",;\n\r]/.test(a)?`"${a.replaceAll('"','""')}"`:a},r=s.map(i=>an.map(o=>n(o,i[o])).join(e));return`\uFEFF${[an.join(e),...r].join(`\r
`)}\r
`};var jt=["month","year","range"],ps=5e3,ms=(s,t,e)=>{let n=e.getFullYear();if(s==="year")return[new Date(n-t,0,1),new Date(n-t+1,0,1)];let r=e.getMonth()-t;return[new Date(n,r,1),new Date(n,r+1,1)]},st=s=>`${s.getFullYear()}-${String(s.getMonth()+1).padStart(2,"0")}-${String(s.getDate()).padStart(2,"0")}`,zt=class extends S{#t="month";#e=0;#r;#n;#s="";#i="";setConfig(t){super.setConfig(t),this.#t=String(t.period??"month")}watched(t){return B(t).flatMap(e=>e.entities.transaction??[])}#o(){return this.#t==="range"&&this.#r?this.#r:ms(this.#t,this.#e,new Date)}async#a(t,e,n){try{let r=this.config.device,{response:i}=await t.callWS({type:"call_service",domain:k,service:"get_sessions",service_data:{from:`${st(e)} 00:00:00`,to:`${st(n)} 00:00:00`,limit:ps,...r?{device_id:[r]}:{}},return_response:!0});this.#n=i.sessions,this.#s=""}catch(r){this.#n=[],this.#s=r.message??""}this.requestUpdate()}show(t,e){let[n,r]=this.#o(),i=B(t).map(c=>y(t,c,"transaction")?.state),o=`${st(n)} ${st(r)} ${i.join()}`;return o!==this.#i&&(this.#i=o,this.#a(t,n,r)),p`<ha-card>
 <section aria-labelledby="title">
 <h2 id="title">${this.config.name||this.say("sessions")}</h2>
 ${this.#c(t,n,r)}
 ${this.#l(t,n)}
 </section>
 </ha-card>`}#c(t,e,n){let r=a=>{this.#t=a,this.#e=0,this.#r=a==="range"?[e,n]:void 0,this.requestUpdate()},i=a=>{this.#e+=a,this.requestUpdate()},o=a=>{let d={ArrowRight:1,ArrowLeft:2}[a.key],u=d&&jt[(jt.indexOf(this.#t)+d)%jt.length];u&&(r(u),a.currentTarget.querySelector(`[data-period=${u}]`)?.focus())},c=this.#t==="year"?String(e.getFullYear()):ie(t,e);return p`<div class="row">
 <div role="radiogroup" class="row" aria-label=${this.say("period")} @keydown=${o}>
 ${jt.map(a=>p`<button
 role="radio"
 data-period=${a}
 aria-checked=${a===this.#t}
 tabindex=${a===this.#t?0:-1}
 @click=${()=>r(a)}
 >${this.say(`period_${a}`)}</button>`)}
 </div>
 ${this.#t==="range"?this.#d(e,n):p`<div class="row">
 <button aria-label=${this.say("earlier")} @click=${()=>i(1)}>‹</button>
 <span>${c}</span>
 <button aria-label=${this.say("later")} ?disabled=${this.#e===0} @click=${()=>i(-1)}>›</button>
 </div>`}
 </div>`}#d(t,e){let n=new Date(e.getTime()-432e5);return p`<div class="row" @change=${i=>{let o=i.currentTarget.querySelectorAll("input"),[c,a]=[...o].map(d=>{let[u=0,l=1,m=1]=d.value.split("-").map(Number);return d.value?new Date(u,l-1,m):void 0});!c||!a||a<c||(this.#r=[c,new Date(a.getFullYear(),a.getMonth(),a.getDate()+1)],this.requestUpdate())}}>
 <label>${this.say("first_day")} <input type="date" .value=${st(t)} /></label>
 <label>${this.say("last_day")} <input type="date" .value=${st(n)} /></label>
 </div>`}#l(t,e){let n=this.#n;if(n===void 0)return p`<div class="blank" aria-busy="true"></div>`;if(this.#s)return p`<p role="alert">${this.#s}</p>`;if(n.length===0)return p`<p>${this.say(this.#t==="month"?"no_sessions_in":"no_sessions",{month:ie(t,e)})}</p>`;let r=n.filter(a=>!a.doubtful),i=a=>r.reduce((d,u)=>d+(u[a]??0),0),o=r.some(a=>a.cost!==null),c=r.find(a=>a.currency)?.currency;return p`<table>
 <caption class="hidden">${this.say("sessions")}</caption>
 <thead><tr>
 ${["start","duration","charger","card"].map(a=>p`<th scope="col" class=${a}>${this.say(`column_${a}`)}</th>`)}
 <th scope="col" class="end">${this.say("column_energy")}</th>
 ${o?p`<th scope="col" class="end">${this.say("column_cost")}</th>`:h}
 </tr></thead>
 <tbody>${n.map(a=>this.#u(t,a,o))}</tbody>
 <tfoot><tr>
 <th scope="row" colspan="4">${this.say("sum",{count:r.length})}</th>
 <td class="end">${I(t,i("energy"),2)}</td>
 ${o?p`<td class="end">${_t(t,i("cost"),c)}</td>`:h}
 </tr></tfoot>
 </table>
 ${r.length<n.length?p`<p class="secondary">${this.say("doubtful")}</p>`:h}
 <div class="row"><button @click=${()=>this.#p(t,n)}>
 <ha-icon aria-hidden="true" icon="mdi:download"></ha-icon> ${this.say("csv")}
 </button></div>`}#u(t,e,n){let r=e.start?new Date(e.start):void 0,i=e.duration,o=i===null?"\u2013":`${Math.floor(i/60)}:${String(Math.round(i)%60).padStart(2,"0")}`;return p`<tr class=${e.running?"running":""}>
 <td class="start">${r?`${Mt(t,r)}, ${Ct(t,r)}`:"\u2013"}
 ${e.running?p`<br />${this.say("running")}`:h}
 ${e.doubtful?p`<br />${this.say("check")}`:h}</td>
 <td class="duration">${o}</td>
 <td class="charger">${e.charger}</td>
 <td class="card">${e.tag||"\u2013"}</td>
 <td class="end">${e.energy===null?"\u2013":I(t,e.energy,2)}</td>
 ${n?p`<td class="end">${e.cost===null?"\u2013":_t(t,e.cost,e.currency)}</td>`:h}
 </tr>`}#p(t,e){let[n]=this.#o(),r=document.createElement("a"),i=H(t,.5,1).includes(",");r.href=URL.createObjectURL(new Blob([cn(e,i)],{type:"text/csv;charset=utf-8"})),r.download=`sessions_${st(n)}.csv`,r.click(),setTimeout(()=>URL.revokeObjectURL(r.href),1e3)}static{this.styles=[S.styles,M`
 section { max-width: 1100px; margin: 0 auto; display: flex; flex-direction: column; gap: 16px; container-type: inline-size; }
 [role="radio"][aria-checked="true"] { border: 2px solid var(--primary-text-color); background: color-mix(in srgb, var(--primary-color) 20%, transparent); }
 thead th { border-bottom: 1px solid var(--divider-color); }
 tfoot th, tfoot td { border-top: 1px solid var(--secondary-text-color); font-weight: 500; color: var(--primary-text-color); }
 .running { font-weight: 700; }
 label input { min-height: 44px; border: 1px solid var(--secondary-text-color); border-radius: 8px; background: none; padding: 0 8px; color-scheme: light dark; }
 @container (max-width: 560px) {
 thead { position: absolute; clip-path: inset(50%); }
 tbody tr { display: grid; grid-template-columns: 1fr auto; padding: 8px 0; border-bottom: 1px solid var(--divider-color); }
 tbody td { padding: 2px 0; }
 .card { display: none; }
 .charger { grid-row: 2; grid-column: 1; }
 .start { grid-row: 1; grid-column: 1; }
 .duration { grid-row: 1; grid-column: 2; text-align: end; }
 tfoot tr { display: flex; gap: 8px; border-top: 1px solid var(--secondary-text-color); }
 tfoot th { flex: 1; }
 tfoot th, tfoot td { border: 0; padding-inline-end: 0; }
 }
 `]}};var hs=30,ln=.05,qt=async s=>{try{return(await s.callWS({type:"energy/get_prefs"})).energy_sources.flatMap(e=>e.type==="solar"&&e.stat_rate?[e.stat_rate]:[])}catch{return[]}},gs=s=>{let t=s.filter(e=>e!==void 0);return t.length>0?t.reduce((e,n)=>e+n,0):void 0},dn=(s,t)=>{let e=s.reduce((r,i)=>r+i.power,0),n=t-e;return n>ln*t?[...s,{key:"rest",power:n}]:s},un=(s,t,e)=>{let n=P(y(s,t,"grid_power")),r=P(y(s,t,"battery_power")),i=P(y(s,t,"charging_power")),o=gs(e.map($=>P(s.states[$]))),c=o===void 0?void 0:Math.max(o,0),a=n===void 0||e.length>0&&c===void 0?void 0:n+(c??0)+(r??0)-(i??0),d=Math.max(n??0,0)+(c??0)+Math.max(r??0,0),u=a===void 0||a<-ln*d?void 0:Math.max(a,0),l=($,E=0)=>E>hs||E>0&&$!=="grid"?[{key:$,power:E}]:[],m=[...l("sun",c),...l("battery",r),...l("grid",n)],g=[...l("house",u),...l("cars",i),...l("battery",-(r??0)),...l("grid",-(n??0))],f=$=>$.reduce((E,x)=>E+x.power,0),_=Math.max(f(m),f(g));return{from:dn(m,_),to:dn(g,_),total:_,grid:n,sun:c,battery:r,house:u,cars:i}};var ue=["flow","phases","surplus"],pn=3,fs=30,ys=["l1","l2","l3"],_s=["aging","stale","lost"],mn=(s,t)=>{let e=R(s);return t===void 0?e[0]:e.find(n=>n.device===t)},Wt=class extends S{#t=[];#e=!1;watched(t){let e=mn(t,this.config.site);return[...Object.values(e?.entities??{}).flat(),...this.#t]}async#r(t){this.#e=!0,this.#t=await qt(t),this.requestUpdate()}show(t,e){this.#e||this.#r(t);let n=mn(t,this.config.site);if(n===void 0)return p`<ha-card>
 <p>${this.say("no_site")}</p>
 <button @click=${()=>O(`/config/integrations/integration/${k}`)}>
 ${this.say("add_site")}
 </button>
 </ha-card>`;let r=i=>(this.config.show??ue).includes(i);return p`<ha-card>
 <section aria-labelledby="title">
 <div class="head">
 <h2 id="title">
 <button class="text" @click=${()=>O(`/config/devices/device/${n.device}`)}>
 ${this.config.name||n.name}
 </button>
 </h2>
 ${this.#n(t,n)}
 </div>
 ${r("flow")?this.#s(t,n):h}
 ${r("surplus")?this.#o(t,n):h}
 ${r("phases")?this.#a(t,e,n):h}
 </section>
 </ha-card>`}#n(t,e){let n=y(t,e,"grid_data_state");if(n===void 0||!_s.includes(n.state))return h;let r=A(y(t,e,"data_age")),i=r===void 0?"":` \xB7 ${H(t,r)}\xA0s`;return p`<button class="text secondary" @click=${()=>D(this,n.entity_id)}>
 <ha-icon aria-hidden="true" icon="mdi:database-clock"></ha-icon>
 ${this.say("meter_data",{state:t.formatEntityState(n)})}${i}
 </button>`}#s(t,e){let n=un(t,e,this.#t),r=(i,o)=>p`<div class="flow">
 <span class="secondary">${this.say(i)}</span>
 <div class="bar" aria-hidden="true">
 ${o.map(c=>p`<span
 class="${c.key} ${i}"
 style="width: ${100*c.power/(n.total||1)}%"
 ></span>`)}
 </div>
 </div>`;return p`${r("from",n.from)}${r("to",n.to)}
 <dl>${this.#i(t,e,n)}</dl>
 ${[...n.from,...n.to].some(i=>i.key==="rest")?p`<p class="secondary">${this.say("not_measured")}</p>`:h}`}#i(t,e,n){let r=u=>u===void 0?"\u2013":C(t,Math.abs(u)),i=(u,l,m)=>u===void 0?"\u2013":Math.abs(u)<=fs?this.say("balanced"):`${this.say(u>0?l:m)} ${r(u)}`,o=(u,l,m,g)=>p`<div>
 <dt><span class="swatch ${u}" aria-hidden="true"></span>
 <ha-icon aria-hidden="true" icon=${l}></ha-icon>${this.say(u)}</dt>
 <dd>${g===void 0?m:p`<button class="text" @click=${()=>D(this,g)}>${m}</button>`}</dd>
 </div>`,c=u=>e.entities[u]?.[0],a="battery_power"in e.entities,d=(n.battery??0)!==0;return[this.#t.length>0?o("sun","mdi:white-balance-sunny",r(n.sun),this.#t[0]):h,a?o("battery","mdi:home-battery-outline",d?i(n.battery,"discharges","charges"):r(n.battery),c("battery_power")):h,o("grid","mdi:transmission-tower",i(n.grid,"imports","exports"),c("grid_power")),o("house","mdi:home-outline",r(n.house)),o("cars","mdi:car-electric",r(n.cars),c("charging_power"))]}#o(t,e){let n=y(t,e,"surplus"),r=A(n);return n===void 0||r===void 0||r<=0?h:p`<button class="text num" @click=${()=>D(this,n.entity_id)}>
 ${this.say("surplus",{power:C(t,r)})}
 </button>`}#a(t,e,n){let r=ys.map(o=>y(t,n,`headroom_${o}`)),i=r.map(o=>o?.attributes.rating).find(Number.isFinite);return p`<div class="phases">
 <span class="secondary">
 ${this.say("fuse",{current:i===void 0?"":T(t,Number(i))})}
 </span>
 ${r.map((o,c)=>{if(o===void 0)return h;let a=`L${c+1}`,d=w(o)?Math.floor(Number(o.state)):void 0,u=Number(o.attributes.rating??0),l=d===void 0||u===0?0:Math.min(Math.max(1-d/u,0),1);return p`<button
 class="text phase ${d!==void 0&&d<pn?"tight":""}"
 @click=${()=>D(this,o.entity_id)}
 >
 <span>${a}</span>
 <span class="bar" aria-hidden="true"><span style="width: ${100*l}%"></span></span>
 <span class="num">${this.#c(t,d)}</span>
 </button>`})}
 </div>`}#c(t,e){if(e===void 0)return"\u2013";let n=T(t,Math.abs(e),0);return e<0?p`<ha-icon aria-hidden="true" icon="mdi:fuse-alert"></ha-icon> ${this.say("over",{current:n})}`:this.say(e<pn?"left_tight":"left",{current:n})}static{this.styles=[S.styles,M`
 section { display: flex; flex-direction: column; gap: 12px; }
 section > button { align-self: flex-start; }
 .flow { display: grid; grid-template-columns: 3.2em 1fr; align-items: center; gap: 8px; }
 .flow .bar { height: 18px; border-radius: 9px; }
 .bar > span + span { border-inline-start: 2px solid var(--card-background-color); }
 .sun { background: var(--energy-solar-color); }
 .battery { background: var(--energy-battery-out-color); }
 .to.battery { background: var(--energy-battery-in-color); }
 .grid { background: var(--energy-grid-consumption-color); }
 .bar .to.grid { background: repeating-linear-gradient(45deg, var(--energy-grid-return-color) 0 6px, var(--card-background-color) 6px 8px); }
 .house { background: color-mix(in srgb, var(--primary-color) 60%, transparent); }
 .cars { background: var(--primary-color); }
 .rest { background: repeating-linear-gradient(135deg, var(--secondary-text-color) 0 2px, transparent 2px 7px); }
 dl { margin: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(150px, 100%), 1fr)); gap: 10px 16px; }
 dt { display: flex; align-items: center; gap: 6px; }
 dt ha-icon { --mdc-icon-size: 18px; }
 dd { margin: 0; font-size: var(--ha-font-size-l, 16px); }
 .swatch { width: 10px; height: 10px; border-radius: 50%; border: 1px solid var(--secondary-text-color); flex: none; }
 .phases { display: flex; flex-direction: column; gap: 6px; }
 .phase { display: grid; grid-template-columns: 2em 1fr minmax(6em, auto); gap: 8px; align-items: center; min-height: 28px; }
 .phase .bar > span { background: var(--primary-color); height: 100%; }
 .phase .num { text-align: end; }
 .tight { font-weight: 700; }
 .tight .bar > span { background: var(--warning-color); }
 `]}};var rt="custom:meters-chargers",_n=3,bs=6,G={columns:12},hn=["overview","chargers","circuits","sessions","health"],$s=async(s,t)=>{let e=R(t),n=e.find(m=>m.device===s.site)??e[0],[r,i,o]=await Promise.all([se(t.language),qt(t),Ue(t)]),c=new Set(s.hide_devices),a=B(t).filter(m=>!c.has(m.device)&&(n===void 0||o.get(m.device)===n.device)),d={hass:t,texts:r,config:s,site:n,chargers:a,suns:i},u={overview:()=>[vs(d)],chargers:()=>a.map((m,g)=>As(d,m,g)),circuits:()=>ft(t).length>0?[gn(d,"circuits","mdi:file-tree",{type:`${rt}-circuits-card`})]:[],sessions:()=>a.some(m=>"transaction"in m.entities)?[gn(d,"sessions","mdi:receipt-text-clock-outline",{type:`${rt}-sessions-card`})]:[],health:()=>[ks(d)]},l=s.show??hn;return{views:hn.filter(m=>l.includes(m)).flatMap(m=>u[m]?.()??[])}},it=(...s)=>({type:"grid",cards:s}),bt=(s,t)=>({type:"heading",heading:s,icon:t}),pe=(s,t,e,n,r={})=>({type:"sections",title:b(s.texts,t),path:t,icon:e,max_columns:3,sections:n,...r}),gn=(s,t,e,n)=>({title:b(s.texts,t),path:t,icon:e,type:"panel",cards:[n]}),bn=s=>`charger-${s+1}`,vs=s=>{let{site:t,chargers:e}=s,n=e.length>_n,r=e.map((d,u)=>({type:`${rt}-charger-card`,device:d.device,view:bn(u),...n?{compact:n}:{}})),i=e.length===0?[{type:`${rt}-charger-card`}]:[],o=[...r,...i].map(d=>({...d,grid_options:G})),c={type:`${rt}-site-card`,...t?{site:t.device}:{},grid_options:G},a=Ss(s);return pe(s,"overview","mdi:home-lightning-bolt",[it(...o),it(c,...xs(s)),...a.length>0?[it(...a)]:[]],{badges:ws(s)})},ws=({site:s,texts:t})=>{let e=s?.entities.grid_data_state?.[0];return e===void 0?[]:[{type:"entity",entity:e,name:b(t,"meter"),show_name:!0,tap_action:{action:"navigate",navigation_path:"health"}}]},xs=({hass:s,config:t,texts:e})=>{let n=ft(s).flatMap(r=>r.circuits.map(i=>({circuit:i,module:r}))).map(({circuit:r,module:i})=>({entity:y(s,r,"power")?.entity_id??"",name:`${r.name}, ${i.name}`,power:nt(s,r)??0})).filter(({power:r})=>r>0).sort((r,i)=>i.power-r.power).slice(0,t.circuits_limit??bs);return n.length<2?[]:[bt(b(e,"top_circuits"),"mdi:file-tree"),{type:"distribution",entities:n.map(({entity:r,name:i})=>({entity:r,name:i})),grid_options:G}]},Ss=({site:s,suns:t,texts:e})=>{let n=[...t.map(r=>({entity:r,name:b(e,"sun"),color:"amber"})),...fn(s,"grid_power",b(e,"grid"),"blue"),...fn(s,"charging_power",b(e,"cars"),"green")];return n.length===0?[]:[bt(b(e,"last_hours"),"mdi:chart-line"),{type:"history-graph",hours_to_show:6,entities:n,grid_options:{columns:"full",rows:5}}]},fn=(s,t,e,n)=>(s?.entities[t]??[]).map(r=>({entity:r,name:e,color:n})),yn={type:"entity"},As=(s,t,e)=>{let{hass:n,texts:r,chargers:i}=s,o=f=>b(r,f),c=(f,_)=>(t.entities[f]??[]).map($=>({type:"tile",entity:$,name:yn,..._?{features:[_],grid_options:G}:{}})),a=(...f)=>f.flatMap(_=>c(_)),d={type:"numeric-input",style:"buttons"},u=["charger_state","power","charging_current"].flatMap(f=>t.entities[f]??[]).map(f=>({entity:f,name:yn})),l={type:"logbook",target:{entity_id:t.entities.reason??[]},hours_to_show:24,grid_options:{columns:12,rows:6}},m=it({type:`${rt}-charger-card`,device:t.device,show:["mode","slider","phases","boost","plan","session"],grid_options:G},bt(o("settings"),"mdi:tune"),...c("min_current",d),...c("priority",d),...c("target_energy",d),...c("enabled",{type:"toggle"}),...a("starts_today","phase_changes_today","writes_today")),g=it(bt(o("right_now"),"mdi:pulse"),...c("power",{type:"trend-graph"}),...a("current_phase","session_energy","energy_import"),{type:"history-graph",hours_to_show:12,entities:u,grid_options:G},...n.config.components.includes("logbook")?[bt(o("why"),"mdi:message-text-outline"),l]:[]);return{...pe(s,t.name,"mdi:ev-station",[m,g]),title:t.name,path:bn(e),max_columns:2,...i.length>_n?{subview:!0}:{}}},ks=s=>pe(s,"health","mdi:heart-pulse",[it({type:`${rt}-health-card`,grid_options:G}),it({type:"repairs",grid_options:G})]);var Hs={charger:Pt,site:Wt,circuits:Ft,sessions:zt,health:It};for(let[s,t]of Object.entries(Hs))customElements.define(`meters-chargers-${s}-inside`,t);var eo=(s,t)=>s==="charger"?{device:B(t)[0]?.device??"",show:de}:s==="site"?{site:R(t)[0]?.device??"",show:ue}:{};export{$s as generate,eo as stub};
/*! Bundled license information:

@lit/reactive-element/css-tag.js:
  (**
   * @license
   * Copyright 2019 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

@lit/reactive-element/reactive-element.js:
lit-html/lit-html.js:
lit-element/lit-element.js:
lit-html/directive.js:
lit-html/directives/repeat.js:
  (**
   * @license
   * Copyright 2017 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/is-server.js:
  (**
   * @license
   * Copyright 2022 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/directives/guard.js:
  (**
   * @license
   * Copyright 2018 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/directive-helpers.js:
  (**
   * @license
   * Copyright 2020 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
