var Sn=Object.defineProperty;var An=(s,t)=>{for(var e in t)Sn(s,e,{get:t[e],enumerable:!0})};var kt=globalThis,Tt=kt.ShadowRoot&&(kt.ShadyCSS===void 0||kt.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,Vt=Symbol(),_e=new WeakMap,mt=class{constructor(t,e,n){if(this._$cssResult$=!0,n!==Vt)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=t,this.t=e}get styleSheet(){let t=this.o,e=this.t;if(Tt&&t===void 0){let n=e!==void 0&&e.length===1;n&&(t=_e.get(e)),t===void 0&&((this.o=t=new CSSStyleSheet).replaceSync(this.cssText),n&&_e.set(e,t))}return t}toString(){return this.cssText}},be=s=>new mt(typeof s=="string"?s:s+"",void 0,Vt),O=(s,...t)=>{let e=s.length===1?s[0]:t.reduce((n,i,r)=>n+(o=>{if(o._$cssResult$===!0)return o.cssText;if(typeof o=="number")return o;throw Error("Value passed to 'css' function must be a 'css' function result: "+o+". Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.")})(i)+s[r+1],s[0]);return new mt(e,s,Vt)},$e=(s,t)=>{if(Tt)s.adoptedStyleSheets=t.map(e=>e instanceof CSSStyleSheet?e:e.styleSheet);else for(let e of t){let n=document.createElement("style"),i=kt.litNonce;i!==void 0&&n.setAttribute("nonce",i),n.textContent=e.cssText,s.appendChild(n)}},Yt=Tt?s=>s:s=>s instanceof CSSStyleSheet?(t=>{let e="";for(let n of t.cssRules)e+=n.cssText;return be(e)})(s):s;var{is:kn,defineProperty:Tn,getOwnPropertyDescriptor:Hn,getOwnPropertyNames:En,getOwnPropertySymbols:Cn,getPrototypeOf:Mn}=Object,Ht=globalThis,ve=Ht.trustedTypes,Rn=ve?ve.emptyScript:"",On=Ht.reactiveElementPolyfillSupport,ft=(s,t)=>s,Zt={toAttribute(s,t){switch(t){case Boolean:s=s?Rn:null;break;case Object:case Array:s=s==null?s:JSON.stringify(s)}return s},fromAttribute(s,t){let e=s;switch(t){case Boolean:e=s!==null;break;case Number:e=s===null?null:Number(s);break;case Object:case Array:try{e=JSON.parse(s)}catch{e=null}}return e}},we=(s,t)=>!kn(s,t),xe={attribute:!0,type:String,converter:Zt,reflect:!1,useDefault:!1,hasChanged:we};Symbol.metadata??=Symbol("metadata"),Ht.litPropertyMetadata??=new WeakMap;var F=class extends HTMLElement{static addInitializer(t){this._$Ei(),(this.l??=[]).push(t)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(t,e=xe){if(e.state&&(e.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(t)&&((e=Object.create(e)).wrapped=!0),this.elementProperties.set(t,e),!e.noAccessor){let n=Symbol(),i=this.getPropertyDescriptor(t,n,e);i!==void 0&&Tn(this.prototype,t,i)}}static getPropertyDescriptor(t,e,n){let{get:i,set:r}=Hn(this.prototype,t)??{get(){return this[e]},set(o){this[e]=o}};return{get:i,set(o){let c=i?.call(this);r?.call(this,o),this.requestUpdate(t,c,n)},configurable:!0,enumerable:!0}}static getPropertyOptions(t){return this.elementProperties.get(t)??xe}static _$Ei(){if(this.hasOwnProperty(ft("elementProperties")))return;let t=Mn(this);t.finalize(),t.l!==void 0&&(this.l=[...t.l]),this.elementProperties=new Map(t.elementProperties)}static finalize(){if(this.hasOwnProperty(ft("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(ft("properties"))){let e=this.properties,n=[...En(e),...Cn(e)];for(let i of n)this.createProperty(i,e[i])}let t=this[Symbol.metadata];if(t!==null){let e=litPropertyMetadata.get(t);if(e!==void 0)for(let[n,i]of e)this.elementProperties.set(n,i)}this._$Eh=new Map;for(let[e,n]of this.elementProperties){let i=this._$Eu(e,n);i!==void 0&&this._$Eh.set(i,e)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(t){let e=[];if(Array.isArray(t)){let n=new Set(t.flat(1/0).reverse());for(let i of n)e.unshift(Yt(i))}else t!==void 0&&e.push(Yt(t));return e}static _$Eu(t,e){let n=e.attribute;return n===!1?void 0:typeof n=="string"?n:typeof t=="string"?t.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(t=>this.enableUpdating=t),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(t=>t(this))}addController(t){(this._$EO??=new Set).add(t),this.renderRoot!==void 0&&this.isConnected&&t.hostConnected?.()}removeController(t){this._$EO?.delete(t)}_$E_(){let t=new Map,e=this.constructor.elementProperties;for(let n of e.keys())this.hasOwnProperty(n)&&(t.set(n,this[n]),delete this[n]);t.size>0&&(this._$Ep=t)}createRenderRoot(){let t=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return $e(t,this.constructor.elementStyles),t}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(t=>t.hostConnected?.())}enableUpdating(t){}disconnectedCallback(){this._$EO?.forEach(t=>t.hostDisconnected?.())}attributeChangedCallback(t,e,n){this._$AK(t,n)}_$ET(t,e){let n=this.constructor.elementProperties.get(t),i=this.constructor._$Eu(t,n);if(i!==void 0&&n.reflect===!0){let r=(n.converter?.toAttribute!==void 0?n.converter:Zt).toAttribute(e,n.type);this._$Em=t,r==null?this.removeAttribute(i):this.setAttribute(i,r),this._$Em=null}}_$AK(t,e){let n=this.constructor,i=n._$Eh.get(t);if(i!==void 0&&this._$Em!==i){let r=n.getPropertyOptions(i),o=typeof r.converter=="function"?{fromAttribute:r.converter}:r.converter?.fromAttribute!==void 0?r.converter:Zt;this._$Em=i;let c=o.fromAttribute(e,r.type);this[i]=c??this._$Ej?.get(i)??c,this._$Em=null}}requestUpdate(t,e,n,i=!1,r){if(t!==void 0){let o=this.constructor;if(i===!1&&(r=this[t]),n??=o.getPropertyOptions(t),!((n.hasChanged??we)(r,e)||n.useDefault&&n.reflect&&r===this._$Ej?.get(t)&&!this.hasAttribute(o._$Eu(t,n))))return;this.C(t,e,n)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(t,e,{useDefault:n,reflect:i,wrapped:r},o){n&&!(this._$Ej??=new Map).has(t)&&(this._$Ej.set(t,o??e??this[t]),r!==!0||o!==void 0)||(this._$AL.has(t)||(this.hasUpdated||n||(e=void 0),this._$AL.set(t,e)),i===!0&&this._$Em!==t&&(this._$Eq??=new Set).add(t))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(e){Promise.reject(e)}let t=this.scheduleUpdate();return t!=null&&await t,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[i,r]of this._$Ep)this[i]=r;this._$Ep=void 0}let n=this.constructor.elementProperties;if(n.size>0)for(let[i,r]of n){let{wrapped:o}=r,c=this[i];o!==!0||this._$AL.has(i)||c===void 0||this.C(i,void 0,r,c)}}let t=!1,e=this._$AL;try{t=this.shouldUpdate(e),t?(this.willUpdate(e),this._$EO?.forEach(n=>n.hostUpdate?.()),this.update(e)):this._$EM()}catch(n){throw t=!1,this._$EM(),n}t&&this._$AE(e)}willUpdate(t){}_$AE(t){this._$EO?.forEach(e=>e.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(t)),this.updated(t)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(t){return!0}update(t){this._$Eq&&=this._$Eq.forEach(e=>this._$ET(e,this[e])),this._$EM()}updated(t){}firstUpdated(t){}};F.elementStyles=[],F.shadowRootOptions={mode:"open"},F[ft("elementProperties")]=new Map,F[ft("finalized")]=new Map,On?.({ReactiveElement:F}),(Ht.reactiveElementVersions??=[]).push("2.1.2");var Xt=globalThis,Se=s=>s,Et=Xt.trustedTypes,Ae=Et?Et.createPolicy("lit-html",{createHTML:s=>s}):void 0,te="$lit$",j=`lit$${Math.random().toFixed(9).slice(2)}$`,ee="?"+j,Dn=`<${ee}>`,Q=document,yt=()=>Q.createComment(""),_t=s=>s===null||typeof s!="object"&&typeof s!="function",ne=Array.isArray,Me=s=>ne(s)||typeof s?.[Symbol.iterator]=="function",Qt=`[ 	
\f\r]`,gt=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,ke=/-->/g,Te=/>/g,Y=RegExp(`>|${Qt}(?:([^\\s"'>=/]+)(${Qt}*=${Qt}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),He=/'/g,Ee=/"/g,Re=/^(?:script|style|textarea|title)$/i,se=s=>(t,...e)=>({_$litType$:s,strings:t,values:e}),p=se(1),js=se(2),zs=se(3),D=Symbol.for("lit-noChange"),f=Symbol.for("lit-nothing"),Ce=new WeakMap,Z=Q.createTreeWalker(Q,129);function Oe(s,t){if(!ne(s)||!s.hasOwnProperty("raw"))throw Error("invalid template strings array");return Ae!==void 0?Ae.createHTML(t):t}var De=(s,t)=>{let e=s.length-1,n=[],i,r=t===2?"<svg>":t===3?"<math>":"",o=gt;for(let c=0;c<e;c++){let a=s[c],d,h,l=-1,u=0;for(;u<a.length&&(o.lastIndex=u,h=o.exec(a),h!==null);)u=o.lastIndex,o===gt?h[1]==="!--"?o=ke:h[1]!==void 0?o=Te:h[2]!==void 0?(Re.test(h[2])&&(i=RegExp("</"+h[2],"g")),o=Y):h[3]!==void 0&&(o=Y):o===Y?h[0]===">"?(o=i??gt,l=-1):h[1]===void 0?l=-2:(l=o.lastIndex-h[2].length,d=h[1],o=h[3]===void 0?Y:h[3]==='"'?Ee:He):o===Ee||o===He?o=Y:o===ke||o===Te?o=gt:(o=Y,i=void 0);let m=o===Y&&s[c+1].startsWith("/>")?" ":"";r+=o===gt?a+Dn:l>=0?(n.push(d),a.slice(0,l)+te+a.slice(l)+j+m):a+j+(l===-2?c:m)}return[Oe(s,r+(s[e]||"<?>")+(t===2?"</svg>":t===3?"</math>":"")),n]},bt=class s{constructor({strings:t,_$litType$:e},n){let i;this.parts=[];let r=0,o=0,c=t.length-1,a=this.parts,[d,h]=De(t,e);if(this.el=s.createElement(d,n),Z.currentNode=this.el.content,e===2||e===3){let l=this.el.content.firstChild;l.replaceWith(...l.childNodes)}for(;(i=Z.nextNode())!==null&&a.length<c;){if(i.nodeType===1){if(i.hasAttributes())for(let l of i.getAttributeNames())if(l.endsWith(te)){let u=h[o++],m=i.getAttribute(l).split(j),g=/([.?@])?(.*)/.exec(u);a.push({type:1,index:r,name:g[2],strings:m,ctor:g[1]==="."?Mt:g[1]==="?"?Rt:g[1]==="@"?Ot:tt}),i.removeAttribute(l)}else l.startsWith(j)&&(a.push({type:6,index:r}),i.removeAttribute(l));if(Re.test(i.tagName)){let l=i.textContent.split(j),u=l.length-1;if(u>0){i.textContent=Et?Et.emptyScript:"";for(let m=0;m<u;m++)i.append(l[m],yt()),Z.nextNode(),a.push({type:2,index:++r});i.append(l[u],yt())}}}else if(i.nodeType===8)if(i.data===ee)a.push({type:2,index:r});else{let l=-1;for(;(l=i.data.indexOf(j,l+1))!==-1;)a.push({type:7,index:r}),l+=j.length-1}r++}}static createElement(t,e){let n=Q.createElement("template");return n.innerHTML=t,n}};function X(s,t,e=s,n){if(t===D)return t;let i=n!==void 0?e._$Co?.[n]:e._$Cl,r=_t(t)?void 0:t._$litDirective$;return i?.constructor!==r&&(i?._$AO?.(!1),r===void 0?i=void 0:(i=new r(s),i._$AT(s,e,n)),n!==void 0?(e._$Co??=[])[n]=i:e._$Cl=i),i!==void 0&&(t=X(s,i._$AS(s,t.values),i,n)),t}var Ct=class{constructor(t,e){this._$AV=[],this._$AN=void 0,this._$AD=t,this._$AM=e}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(t){let{el:{content:e},parts:n}=this._$AD,i=(t?.creationScope??Q).importNode(e,!0);Z.currentNode=i;let r=Z.nextNode(),o=0,c=0,a=n[0];for(;a!==void 0;){if(o===a.index){let d;a.type===2?d=new ct(r,r.nextSibling,this,t):a.type===1?d=new a.ctor(r,a.name,a.strings,this,t):a.type===6&&(d=new Dt(r,this,t)),this._$AV.push(d),a=n[++c]}o!==a?.index&&(r=Z.nextNode(),o++)}return Z.currentNode=Q,i}p(t){let e=0;for(let n of this._$AV)n!==void 0&&(n.strings!==void 0?(n._$AI(t,n,e),e+=n.strings.length-2):n._$AI(t[e])),e++}},ct=class s{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(t,e,n,i){this.type=2,this._$AH=f,this._$AN=void 0,this._$AA=t,this._$AB=e,this._$AM=n,this.options=i,this._$Cv=i?.isConnected??!0}get parentNode(){let t=this._$AA.parentNode,e=this._$AM;return e!==void 0&&t?.nodeType===11&&(t=e.parentNode),t}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(t,e=this){t=X(this,t,e),_t(t)?t===f||t==null||t===""?(this._$AH!==f&&this._$AR(),this._$AH=f):t!==this._$AH&&t!==D&&this._(t):t._$litType$!==void 0?this.$(t):t.nodeType!==void 0?this.T(t):Me(t)?this.k(t):this._(t)}O(t){return this._$AA.parentNode.insertBefore(t,this._$AB)}T(t){this._$AH!==t&&(this._$AR(),this._$AH=this.O(t))}_(t){this._$AH!==f&&_t(this._$AH)?this._$AA.nextSibling.data=t:this.T(Q.createTextNode(t)),this._$AH=t}$(t){let{values:e,_$litType$:n}=t,i=typeof n=="number"?this._$AC(t):(n.el===void 0&&(n.el=bt.createElement(Oe(n.h,n.h[0]),this.options)),n);if(this._$AH?._$AD===i)this._$AH.p(e);else{let r=new Ct(i,this),o=r.u(this.options);r.p(e),this.T(o),this._$AH=r}}_$AC(t){let e=Ce.get(t.strings);return e===void 0&&Ce.set(t.strings,e=new bt(t)),e}k(t){ne(this._$AH)||(this._$AH=[],this._$AR());let e=this._$AH,n,i=0;for(let r of t)i===e.length?e.push(n=new s(this.O(yt()),this.O(yt()),this,this.options)):n=e[i],n._$AI(r),i++;i<e.length&&(this._$AR(n&&n._$AB.nextSibling,i),e.length=i)}_$AR(t=this._$AA.nextSibling,e){for(this._$AP?.(!1,!0,e);t!==this._$AB;){let n=Se(t).nextSibling;Se(t).remove(),t=n}}setConnected(t){this._$AM===void 0&&(this._$Cv=t,this._$AP?.(t))}},tt=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(t,e,n,i,r){this.type=1,this._$AH=f,this._$AN=void 0,this.element=t,this.name=e,this._$AM=i,this.options=r,n.length>2||n[0]!==""||n[1]!==""?(this._$AH=Array(n.length-1).fill(new String),this.strings=n):this._$AH=f}_$AI(t,e=this,n,i){let r=this.strings,o=!1;if(r===void 0)t=X(this,t,e,0),o=!_t(t)||t!==this._$AH&&t!==D,o&&(this._$AH=t);else{let c=t,a,d;for(t=r[0],a=0;a<r.length-1;a++)d=X(this,c[n+a],e,a),d===D&&(d=this._$AH[a]),o||=!_t(d)||d!==this._$AH[a],d===f?t=f:t!==f&&(t+=(d??"")+r[a+1]),this._$AH[a]=d}o&&!i&&this.j(t)}j(t){t===f?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,t??"")}},Mt=class extends tt{constructor(){super(...arguments),this.type=3}j(t){this.element[this.name]=t===f?void 0:t}},Rt=class extends tt{constructor(){super(...arguments),this.type=4}j(t){this.element.toggleAttribute(this.name,!!t&&t!==f)}},Ot=class extends tt{constructor(t,e,n,i,r){super(t,e,n,i,r),this.type=5}_$AI(t,e=this){if((t=X(this,t,e,0)??f)===D)return;let n=this._$AH,i=t===f&&n!==f||t.capture!==n.capture||t.once!==n.once||t.passive!==n.passive,r=t!==f&&(n===f||i);i&&this.element.removeEventListener(this.name,this,n),r&&this.element.addEventListener(this.name,this,t),this._$AH=t}handleEvent(t){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,t):this._$AH.handleEvent(t)}},Dt=class{constructor(t,e,n){this.element=t,this.type=6,this._$AN=void 0,this._$AM=e,this.options=n}get _$AU(){return this._$AM._$AU}_$AI(t){X(this,t)}},Pe={M:te,P:j,A:ee,C:1,L:De,R:Ct,D:Me,V:X,I:ct,H:tt,N:Rt,U:Ot,B:Mt,F:Dt},Pn=Xt.litHtmlPolyfillSupport;Pn?.(bt,ct),(Xt.litHtmlVersions??=[]).push("3.3.3");var Ne=(s,t,e)=>{let n=e?.renderBefore??t,i=n._$litPart$;if(i===void 0){let r=e?.renderBefore??null;n._$litPart$=i=new ct(t.insertBefore(yt(),r),r,void 0,e??{})}return i._$AI(s),i};var ie=globalThis,W=class extends F{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let t=super.createRenderRoot();return this.renderOptions.renderBefore??=t.firstChild,t}update(t){let e=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(t),this._$Do=Ne(e,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return D}};W._$litElement$=!0,W.finalized=!0,ie.litElementHydrateSupport?.({LitElement:W});var Nn=ie.litElementPolyfillSupport;Nn?.({LitElement:W});(ie.litElementVersions??=[]).push("4.2.2");var Un=["en","de","fr","it"],re=new Map,Ln=s=>{let t=s.split("-")[0]??"en";return Un.includes(t)?t:"en"},oe=s=>{let t=Ln(s),e=re.get(t);return e===void 0&&(e=fetch(new URL(`../texts/${t}.json`,import.meta.url)).then(n=>{if(!n.ok)throw new Error(`texts/${t}.json: ${n.status}`);return n.json()}),e.catch(()=>re.delete(t)),re.set(t,e)),e},q=(s,t={})=>s.replace(/\{(\w+)\}/g,(e,n)=>String(t[n]??"")),v=(s,t,e)=>q(s.cards[t]??t,e),Ue=s=>oe(s.language);var In=1e3,Fn=5e3,k=class extends W{constructor(){super(...arguments);this.config={type:""};this.#e="";this.#i=Number.NEGATIVE_INFINITY;this.#r=!1;this.#o=()=>{this.#a(),document.hidden||this.requestUpdate()};this.#a=()=>{let e=!document.hidden&&this.isConnected&&this.counting();e&&this.#n===void 0?this.#n=setInterval(()=>this.requestUpdate(),1e3):e||(clearInterval(this.#n),this.#n=void 0),document.hidden&&(clearTimeout(this.#s),this.#s=void 0)}}#t;#e;#i;#s;#n;#r;setConfig(e){this.config=e,this.requestUpdate()}get hass(){return this.#t}set hass(e){let n=this.#t;this.#t=e,e!==void 0&&(e.language!==this.#e&&this.#c(e),(n===void 0||this.#d(n,e))&&this.draw())}draw(){if(this.#s!==void 0||document.hidden)return;let e=this.#i+In-performance.now();if(e<=0){this.requestUpdate();return}this.#s=setTimeout(()=>{this.#s=void 0,this.requestUpdate()},e)}counting(){return!1}say(e,n){return this.texts===void 0?"":v(this.texts,e,n)}connectedCallback(){super.connectedCallback(),document.addEventListener("visibilitychange",this.#o),setTimeout(()=>{this.#r=!0,this.texts===void 0&&this.requestUpdate()},Fn),this.requestUpdate()}disconnectedCallback(){super.disconnectedCallback(),document.removeEventListener("visibilitychange",this.#o),clearTimeout(this.#s),this.#s=void 0,clearInterval(this.#n),this.#n=void 0}render(){this.#i=performance.now();let{texts:e}=this,n=this.#t;return n===void 0||e===void 0?p`<ha-card aria-busy="true">
 <div class="blank"></div><div class="blank short"></div>
 ${this.#r?p`<p>Waiting for Home Assistant…</p>`:f}
 </ha-card>`:n.connected===!1?p`<ha-card><p class="secondary">${this.say("waiting")}</p></ha-card>`:this.show(n,e)}updated(){this.#a()}#o;#a;async#c(e){this.#e=e.language;try{this.texts=await Ue(e)}catch{this.#e="";return}this.requestUpdate()}#d(e,n){if(e.entities!==n.entities||e.devices!==n.devices||e.locale!==n.locale||e.formatEntityState!==n.formatEntityState||e.connected!==n.connected)return!0;for(let i of this.watched(n))if(e.states[i]!==n.states[i])return!0;return!1}static{this.styles=O`
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
 `}};var Pt=s=>s===void 0||s.state==="unavailable",x=s=>s!==void 0&&s.state!=="unavailable"&&s.state!=="unknown",w=s=>{if(!x(s))return;let t=Number(s.state);return Number.isFinite(t)?t:void 0},U=s=>{let t=w(s);if(t===void 0)return;let e={W:1,kW:1e3,MW:1e6,mW:.001}[String(s?.attributes.unit_of_measurement)];return e===void 0?void 0:t*e},H=(s,t)=>{s.dispatchEvent(new CustomEvent("hass-more-info",{bubbles:!0,composed:!0,detail:{entityId:t}}))},M=s=>{history.pushState(null,"",s),window.dispatchEvent(new CustomEvent("location-changed",{detail:{replace:!1}}))};var jn=1e4,Le=8e3,zn=(s,t)=>s===t||s!==""&&t!==""&&Number(s)===Number(t),Ie=s=>{let t=new Map,e={text:"",until:0},n=r=>{e={text:r,until:Date.now()+Le},s.requestUpdate()},i=()=>{for(let[r,{value:o,until:c,label:a}]of t){let d=s.hass?.states[r];d!==void 0&&zn(d.state,o)?t.delete(r):Date.now()>c&&(t.delete(r),e={text:s.say("not_accepted",{value:a}),until:Date.now()+Le})}Date.now()>e.until&&(e.text="")};return{async send({entity:r,value:o,label:c,call:a}){e.text="",o!==void 0&&t.set(r,{value:o,label:c??o,until:Date.now()+jn}),s.requestUpdate();try{await a()}catch(d){t.delete(r),n(d.message??s.say("not_accepted",{value:c??""}))}},value(r){return i(),t.get(r.entity_id)?.value??r.state},pending:r=>t.has(r.entity_id),waiting:()=>t.size>0||e.text!=="",refusal(){return i(),e.text}}},ae=(s,t,e,{label:n,icons:i={}})=>{let r=e.attributes.options??[],o=s.value(e),c=x(e),a=Math.max(r.indexOf(o),0),d=l=>{l!==o&&s.send({entity:e.entity_id,value:l,label:t.formatEntityState(e,l),call:()=>t.callService("select","select_option",{option:l},{entity_id:e.entity_id},!1)})},h=l=>{let u={ArrowRight:1,ArrowDown:1,ArrowLeft:-1,ArrowUp:-1}[l.key],m=u&&r[(a+u+r.length)%r.length];if(!m)return;l.preventDefault(),d(m),l.currentTarget.querySelector(`[data-option="${m}"]`)?.focus()};return p`<div
 role="radiogroup"
 class=${s.pending(e)?"pending":""}
 aria-label=${n}
 @keydown=${h}
 >
 ${r.map((l,u)=>p`<button
 role="radio"
 data-option=${l}
 aria-checked=${l===o}
 tabindex=${u===a?0:-1}
 ?disabled=${!c}
 @click=${()=>d(l)}
 >
 ${i[l]?p`<ha-icon aria-hidden="true" icon=${i[l]}></ha-icon>`:f}
 <span>${t.formatEntityState(e,l)}</span>
 </button>`)}
 </div>`},Fe=(s,t,e,n)=>{let{min:i=0,max:r=32,step:o=1}=e.attributes,c=Math.max(o,1),a=x(e)?Number(s.value(e)):void 0,d=a!==void 0&&w(e)!==void 0,h=g=>{let _=Math.min(r,Math.max(i,Math.round(g/o)*o));s.send({entity:e.entity_id,value:String(_),label:n.spoken(_),call:()=>t.callService("number","set_value",{value:_},{entity_id:e.entity_id},!1)})},l=g=>h(Number(g.target.value)),u=g=>{let _=g.target,b=_.parentElement?.querySelector("output");b&&(b.textContent=n.value(Number(_.value)))},m=(g,_,b)=>p`<button
 aria-label=${`${n.label}: ${_}`}
 ?disabled=${!d||(g<0?a<=i:a>=r)}
 @click=${()=>h((a??i)+g)}
 >${b}</button>`;return p`<div class="slider ${s.pending(e)?"pending":""}">
 ${m(-c,n.less,"\u2212")}
 <input
 type="range"
 aria-label=${n.label}
 aria-valuetext=${d?n.spoken(a):"\u2013"}
 min=${i}
 max=${r}
 step=${c}
 .value=${String(a??i)}
 ?disabled=${!d}
 @input=${u}
 @change=${l}
 />
 ${m(c,n.more,"+")}
 <output class="num" .textContent=${d?n.value(a):"\u2013"}></output>
 </div>`};var T="meters_and_chargers",et=s=>s?.name_by_user||s?.name||"",je=new WeakMap,$t=s=>{let t=je.get(s.entities);return t===void 0&&(t=Wn(s),je.set(s.entities,t)),t},Wn=s=>{let t=new Map;for(let e of Object.values(s.entities)){if(e.platform!==T||e.hidden||!e.device_id)continue;let n=t.get(e.device_id)??{},i=e.translation_key??"";n[i]=[...n[i]??[],e.entity_id],t.set(e.device_id,n)}for(let e of t.values())for(let n of Object.values(e))n.sort();return t},ze=(s,t)=>[...$t(s)].filter(([e,n])=>t in n&&e in s.devices).map(([e,n])=>({device:e,name:et(s.devices[e]),entities:n})).sort((e,n)=>e.name.localeCompare(n.name,s.language)),B=s=>ze(s,"charge_mode"),E=s=>ze(s,"surplus"),qn=["power","current_phase"],vt=(s,t)=>{let e=new Map;for(let[r,o]of $t(s)){let c=s.devices[r],a=c?.parent_device_id,d="charge_mode"in o||"connector_status"in o;if(!a||!("power"in o)||d)continue;let h=s.devices[a];if(t&&a!==t&&h?.via_device_id!==t)continue;let l=e.get(a)??{device:a,name:et(h),circuits:[]},u=qn.flatMap(g=>o[g]??[]),m=et(c);l.circuits.push({device:r,name:m,entities:o,module:a,shown:u}),e.set(a,l)}let n=new Intl.Collator(s.language,{numeric:!0}),i=(r,o)=>n.compare(r.name,o.name);for(let r of e.values())r.circuits.sort(i);return[...e.values()].sort(i)},y=(s,t,e)=>{let[n]=t?.entities[e]??[];return n===void 0?void 0:s.states[n]},dt=(s,t)=>["stale","lost"].includes(y(s,t,"grid_data_state")?.state??""),Nt=(s,t,e)=>(t.entities[e]??[]).map(n=>s.states[n]).filter(x),We=async s=>{let[t,...e]=E(s),n=t===void 0?[]:B(s);if(t!==void 0&&e.length===0)return new Map(n.map(c=>[c.device,t.device]));if(n.length===0)return new Map;let i=n.map(c=>c.entities.charge_mode?.[0]??""),r=await s.callWS({type:"config/entity_registry/get_entries",entity_ids:i}),o=new Map(E(s).map(c=>[s.devices[c.device]?.primary_config_entry,c.device]));return new Map(n.flatMap((c,a)=>{let d=o.get(r[i[a]??""]?.config_entry_id??void 0);return d===void 0?[]:[[c.device,d]]}))};var I={};An(I,{clock:()=>Kn,countdown:()=>de,current:()=>A,date:()=>wt,daysAhead:()=>ce,energy:()=>P,money:()=>K,month:()=>Ut,number:()=>S,percent:()=>N,power:()=>C,time:()=>lt,weekday:()=>St});var Bn=s=>({comma_decimal:["en-US","en"],decimal_comma:["de","es","it"],quote_decimal:["de-CH"],space_comma:["fr","sv","cs"],none:["en-US"],system:void 0})[s.number_format??""]??(s.number_format==="system"?void 0:s.language),qe=new Map,Be=(s,t)=>{let e=`${s.number_format} ${s.language} ${Object.values(t)}`,n=qe.get(e);return n===void 0&&(n=new Intl.NumberFormat(Bn(s),t),qe.set(e,n)),n},S=(s,t,e=0,n=e)=>Be(s.locale,{minimumFractionDigits:n,maximumFractionDigits:e,useGrouping:s.locale.number_format!=="none"}).format(Object.is(Math.round(t*10**e),-0)?0:t),nt=(s,t)=>s+"\xA0"+t,C=(s,t)=>{let e=Math.abs(t);return e<995?nt(S(s,Math.round(t/10)*10),"W"):nt(S(s,t/1e3,e<99950?1:0),"kW")},A=(s,t,e=1)=>nt(S(s,t,e,0),"A"),P=(s,t,e=1)=>t>=1e4?nt(S(s,t/1e3,1),"MWh"):nt(S(s,t,t<100?e:0),"kWh"),N=(s,t)=>nt(S(s,t>99&&t<100?99:t),"%"),K=(s,t,e)=>{let n=e||s.config.currency;return!n||!/^[A-Z]{3}$/.test(n)?nt(S(s,t,2),n??""):Be(s.locale,{style:"currency",currency:n}).format(t)},xt=(s,t)=>{let{locale:e,config:n}=s,i=e.time_format==="12"?!0:e.time_format==="24"?!1:void 0;return new Intl.DateTimeFormat(e.time_format==="system"?void 0:s.language,{...t,...t.hour?{hour12:i}:{},timeZone:t.timeZone??(e.time_zone==="local"?void 0:n.time_zone)})},lt=(s,t,e)=>{let{hour12:n}=xt(s,{hour:"numeric"}).resolvedOptions();return xt(s,{hour:n?"numeric":"2-digit",minute:"2-digit",timeZone:e}).format(t)},Kn=(s,t)=>lt(s,new Date(`2024-01-01T${t}Z`),"UTC"),wt=(s,t)=>xt(s,{day:"numeric",month:"short"}).format(t),Ut=(s,t)=>xt(s,{month:"long",year:"numeric"}).format(t),St=(s,t,e)=>xt(s,{weekday:e}).format(t),ce=(s,t,e)=>{let n=i=>{let r=Object.fromEntries(new Intl.DateTimeFormat("en-US",{year:"numeric",month:"numeric",day:"numeric",timeZone:s.locale.time_zone==="local"?void 0:s.config.time_zone}).formatToParts(i).map(o=>[o.type,Number(o.value)]));return Date.UTC(r.year??0,(r.month??1)-1,r.day??1)};return Math.round((n(t)-n(e))/864e5)},de=s=>`${Math.floor(s/60)}:${String(Math.floor(s%60)).padStart(2,"0")}`;var Lt=30,Gn={surplus_low:["min_solar","boost"],no_surplus:["min_solar","boost"],stop_delay:["min_solar","boost"],battery_first:["min_solar","boost"],price_high:["boost"],plan_later:["boost"],disabled:["allow"],ageing:["devices"],meter_stale:["devices"],meter_lost:["devices"],meter_slow:["devices"],not_following:["devices"],charger_offline:["devices"],fault:["devices"]},le=(s,t,e)=>s.callService(T,"boost",{minutes:e},{entity_id:t},!1),ue=(s,t,e=Lt)=>(t.units.min??"").replace("{value}",S(s,e)),Ke=(s,t,e,n,i)=>{let r=(_,b)=>v(n,_,b),o=E(e),c=o.length===1?o[0]:void 0,a=c===void 0?[]:Jn(e,r,c),d=i.entities.charge_mode?.[0]??"",h=e.states[d],l=i.entities.enabled?.[0]??"",u={min_solar:()=>h===void 0||h.state==="min_solar"?f:m(e.formatEntityState(h,"min_solar"),d,()=>e.callService("select","select_option",{option:"min_solar"},{entity_id:d},!1)),boost:()=>m(r("boost",{left:ue(e,n)}),d,()=>le(e,d,Lt)),allow:()=>m(r("allow_charging"),l,()=>e.callService("switch","turn_on",{},{entity_id:l},!1)),devices:()=>p`<button
 @click=${()=>M(`/config/integrations/integration/${T}`)}
 >${r("diagnostics")}</button>`},m=(_,b,R)=>p`<button @click=${()=>t.send({entity:b,call:R})}>${_}</button>`,g=Gn[y(e,i,"reason")?.state??""]??[];return p`<div class="explained">
 ${a.length>0?p`<h3>${r("what_i_see")}</h3>
 <ul>${a.map(([_,b])=>p`<li><button class="text num" @click=${()=>H(s,b)}>${_}</button></li>`)}</ul>`:f}
 ${g.length>0?p`<h3>${r("what_you_can_do")}</h3>
 <div class="row">${g.map(_=>u[_]())}</div>`:f}
 </div>`},Jn=(s,t,e)=>{let n=[],i=dt(s,e),r=y(s,e,"grid_power"),o=U(r);r&&o!==void 0&&n.push([`${t("grid")}: ${t(o>0?"imports":"exports")} ${C(s,Math.abs(o))}`,r.entity_id]);let c=y(s,e,"surplus"),a=U(c);c&&a!==void 0&&n.push([t("surplus",{power:C(s,a)}),c.entity_id]);for(let[h,l]of["headroom_l1","headroom_l2","headroom_l3"].entries()){let u=y(s,e,l),m=i?void 0:w(u);u&&m!==void 0&&n.push([`L${h+1}: ${t(m<0?"over":"left",{current:A(s,Math.abs(m))})}`,u.entity_id])}let d=y(s,e,"grid_data_state");return x(d)&&n.push([t("meter_data",{state:s.formatEntityState(d)}),d.entity_id]),n};var Vn={have:"power",power:"power",grid:"power",cap:"power",need:"power",free:"current",limit:"current",current:"current",energy:"energy",target:"energy",age:"duration",late:"duration",left:"duration",until:"time",start:"time",ready:"time",since:"time",price:"price",max_price:"price",soc:"percent",phases:"phases",circuit:"word",charger:"word",phase:"word",count:"word"},Yn={fuse_full:{need:"current"},fuse_resume:{need:"current"},battery_first:{target:"percent"}},Zn=30,ut=(s,t)=>{let e=(r,o)=>q(s.units[r]??"",{value:o});if(t<60)return e("s",Math.round(t));let n=Math.round(t/60),i=[];return n>=60&&i.push(e("h",Math.floor(n/60))),n%60&&i.push(e("min",n%60)),i.join("\xA0")},z=(s,t,e,n)=>{let i=ce(s,e,n),o={"-1":"yesterday",0:"today",1:"tomorrow"}[i]??(i>0&&i<7?"week":"later"),c=lt(s,e);return o==="yesterday"?v(t,"yesterday",{time:c}):o==="later"?`${wt(s,e)} ${c}`:q(t.times[o]??"{time}",{time:c,weekday:St(s,e,"short")})},Ge=(s,t,e)=>{let n=(t.getTime()-e.getTime())/1e3;return n<600?de(n):ut(s,n)},Qn=(s,t,e,n,i)=>{let r=Number(n);switch(e){case"power":return C(s,r);case"current":return A(s,r);case"energy":return P(s,r);case"duration":return ut(t,r);case"percent":return N(s,r);case"time":return z(s,t,new Date(String(n)),i);case"phases":return t.phases[String(n)]??String(n);case"price":return q(t.units.price??"{value}",{value:S(s,r,3,2),currency:s.config.currency??""});default:return String(n)}},Xn=(s,t)=>s.split(", ").filter(e=>[...e.matchAll(/\{(\w+)\}/g)].every(([,n])=>(n??"")in t)).map(e=>q(e,t).replace(/ {2,}/g," ").trim()).filter(e=>e!=="").join(", "),Je=(s,t,e,n,i)=>{if(!x(e))return{key:"",sentence:v(t,"no_reason"),severity:"wait",counts:!1};let r=e.state,o=t.tails[r]??"",c={phase:""};for(let[b,R]of Object.entries(e.attributes)){let at=Yn[r]?.[b]??Vn[b];at===void 0||R===null||b==="grid"&&Number(R)<=Zn||(c[b]=Qn(s,t,at,R,i))}let a=x(n)?n.state:e.attributes.until,d=typeof a=="string"?new Date(a):void 0,h=o.includes("{left}")&&d!==void 0;h&&(c.left=Ge(t,d,i));let l=s.formatEntityState(e),u=h&&d<=i?v(t,"any_moment"):Xn(o,c),g=[...o.matchAll(/\{(left|until|start|ready)\}/g)].some(([,b])=>(b??"")in c),_=d===void 0||g||d<=i?void 0:ts(s,t,e.attributes.next,d,i);return{key:r,sentence:u?q(t.sentence.with_tail,{head:l,tail:u}):q(t.sentence.without_tail,{head:l}),severity:String(e.attributes.severity??"wait"),next:_,counts:h||_!==void 0}},ts=(s,t,e,n,i)=>{if(typeof e!="string")return;let r=z(s,t,n,i),o={left:Ge(t,n,i),ready:r,start:r,until:r};return v(t,`next_${e}`,o)};var Ve=["mon","tue","wed","thu","fri","sat","sun"],Ye=s=>x(s)&&s.attributes.plan||void 0,Ze=(s,t,e)=>St(s,new Date(Date.UTC(2024,0,1+t,12)),e),Qe=(s,t,e,n)=>{let i=Ye(e);if(i===void 0)return v(t,"no_plan");let r=i.charge_level===void 0?P(s,i.energy_kwh??0):N(s,i.charge_level),o=z(s,t,new Date(i.ready_at),n),c=(i.repeat??[]).map(d=>Ze(s,Ve.indexOf(d),"short")),a=v(t,"plan",{target:r,ready:o});return c.length>0?`${a} \xB7 ${c.join(", ")}`:a};var es={off:"mdi:power",solar:"mdi:white-balance-sunny",min_solar:"mdi:sun-clock",fast:"mdi:flash"},Xe={no_vehicle:"mdi:ev-plug-type2",blocked:"mdi:lock-outline",waiting_surplus:"mdi:timer-sand",start_delay:"mdi:timer-play-outline",starting:"mdi:timer-play-outline",charging:"mdi:lightning-bolt",limited:"mdi:gauge-low",stop_delay:"mdi:timer-stop-outline",switching_phases:"mdi:sine-wave",paused_fuse:"mdi:fuse-alert",failsafe:"mdi:shield-alert",finished:"mdi:check-circle-outline",fault:"mdi:alert-octagon"},pe=["mode","slider","plan","session"],ns=["mode","slider","phases","boost","plan","session"],ss=1,is=50,tn=(s,t)=>{let e=$t(s).get(t);if(!(e===void 0||!("charge_mode"in e)))return{device:t,name:et(s.devices[t]),entities:e}},rs=(s,t)=>{let e=y(s,t,"charger_state")?.attributes??{},n=e.current_entities,i=(Array.isArray(n)?n.map(d=>s.states[d]):Nt(s,t,"current_phase")).map(w).filter(d=>d!==void 0),r=i.map(Math.abs).filter(d=>d>ss),o=typeof e.power_entity=="string"?e.power_entity:t.entities.power?.[0],c=o===void 0?void 0:U(s.states[o]),a=i.length>0?230*r.reduce((d,h)=>d+h,0):void 0;return{entity:o,power:c??a,reckoned:c===void 0,phases:r.length,current:r.length>0?Math.max(...r):void 0}},It=class extends k{#t=Ie(this);#e=!1;#i=!1;#s;#n="";#r="";watched(t){let e=tn(t,String(this.config.device));if(e===void 0)return[];let n=y(t,e,"charger_state")?.attributes??{};return[...Object.values(e.entities).flat(),...[n.power_entity,n.current_entities].flat().map(String),...(this.#i?E(t):[]).flatMap(i=>Object.values(i.entities).flat())]}counting(){return this.#e||this.#t.waiting()}#o=()=>{this.#i=!this.#i,this.requestUpdate()};#a(t){return(this.config.show??pe).includes(t)}show(t,e){let n=tn(t,String(this.config.device));if(n===void 0)return p`<ha-card>
 <p>${this.say("no_charger_here")}</p>
 ${this.#b(`/config/integrations/integration/${T}`,"add_charger")}
 </ha-card>`;let i=new Date,r=y(t,n,"charger_state"),o=y(t,n,"reason"),c=y(t,n,"next_change"),a=Je(t,e,o,c,i);this.#e=a.counts,a.key!==this.#r&&(this.#r=a.key,this.#n=a.sentence);let d=this.config.name||n.name,h=String(this.config.view??`/config/devices/device/${n.device}`),l=r?.state==="failsafe"||a.severity==="fault",u=!!this.config.compact,m=a.key==="charger_offline";return p`<ha-card class="${l?a.severity:""} ${u?"compact":""}">
 <section aria-labelledby="title">
 <div class="head">
 <h2 id="title">
 <button class="text" @click=${()=>M(h)}>
 ${d}
 </button>
 </h2>
 ${u?this.#l(t,e,n):f}
 ${this.#c(t,r,m)}
 </div>
 ${u?f:p`<div class="head">${this.#l(t,e,n)}${m?f:this.#d(t,n)}</div>`}
 <button class="text reason" aria-expanded=${this.#i} @click=${this.#o}>
 ${l?p`<ha-icon aria-hidden="true" icon=${Xe[r?.state??""]??"mdi:alert"}></ha-icon>`:f}
 ${a.sentence}
 </button>
 <div class="hidden" role="status" aria-live="polite">${this.#n}</div>
 ${a.next?p`<p class="secondary num">${a.next}</p>`:f}
 ${this.#i?Ke(this,this.#t,t,e,n):f}
 ${u?f:this.#u(t,e,n,d,i)}
 <p role="status" class="refused">${this.#t.refusal()}</p>
 </section>
 </ha-card>`}#c(t,e,n){if(!x(e))return p`<span class="state">${this.say(Pt(e)?"no_contact":"not_yet")}</span>`;let i=n?"mdi:lan-disconnect":Xe[e.state];return p`<button
 class="text state"
 @click=${()=>H(this,e.entity_id)}
 >
 <ha-icon aria-hidden="true" icon=${i??"mdi:ev-station"}></ha-icon>
 ${n?this.say("no_contact"):t.formatEntityState(e)}
 </button>`}#d(t,e){let n=y(t,e,"session_solar_share"),i=w(n);return n===void 0||i===void 0?f:p`<button class="text num sun" @click=${()=>H(this,n.entity_id)}>
 ${this.say("sun_share",{share:N(t,i)})}
 </button>`}#l(t,e,n){let{entity:i,power:r,reckoned:o,phases:c,current:a}=rs(t,n),d=[];r!==void 0&&d.push(`${o?"\u2248 ":""}${C(t,Math.max(r,0))}`);let h=r===void 0||r>is;c>0&&a!==void 0&&h&&d.push(e.phases[c]??"",A(t,a));let l=y(t,n,"charging_current"),u=w(l);a===void 0&&u!==void 0&&(h||u>0)&&d.push(this.say("limit",{current:A(t,u)}));let m=i??l?.entity_id;return this.config.compact&&d.splice(1),d.length===0?p`<p class="figures">–</p>`:p`<button
 class="text figures num"
 ?disabled=${m===void 0}
 @click=${()=>m&&H(this,m)}
 >${d.join(" \xB7 ")}</button>`}#u(t,e,n,i,r){let o={mode:()=>this.#p(t,n,i),slider:()=>this.#f(t,n,i),phases:()=>this.#m(t,n,i),boost:()=>this.#g(t,e,n,r),plan:()=>this.#y(t,e,n,r),session:()=>this.#_(t,e,n,r)};return ns.filter(c=>this.#a(c)).map(c=>o[c]?.())}#p(t,e,n){let i=y(t,e,"charge_mode");return i===void 0?f:y(t,e,"reason")?.state==="observe"?this.#h(t):ae(this.#t,t,i,{label:this.say("mode_of",{name:n}),icons:es})}#h(t){let n=[...$t(t).values()].flatMap(r=>r.observe??[]).filter(r=>t.states[r]?.state==="on"),i=()=>Promise.all(n.map(r=>t.callService("switch","turn_off",{},{entity_id:r})));return p`<div class="row">
 <span>${this.say("observing")}</span>
 ${n.length===1?p`<button @click=${i}>${this.say("take_control")}</button>`:f}
 </div>`}#m(t,e,n){let i=y(t,e,"phases");return i===void 0?f:ae(this.#t,t,i,{label:this.say("phases_of",{name:n})})}#f(t,e,n){let i=y(t,e,"max_current");return i===void 0?f:Fe(this.#t,t,i,{label:this.say("max_current_of",{name:n}),value:r=>this.say("max",{current:A(t,r)}),spoken:r=>A(t,r),less:this.say("less"),more:this.say("more")})}#g(t,e,n,i){let r=n.entities.charge_mode?.[0];if(r===void 0)return f;let o=y(t,n,"charger_state")?.attributes.boost_until,c=typeof o=="string"?Math.max(0,Math.ceil((Date.parse(o)-i.getTime())/6e4)):void 0,a=()=>le(t,r,c===void 0?Lt:0);return p`<button @click=${()=>this.#t.send({entity:r,call:a})}>
 <ha-icon aria-hidden="true" icon="mdi:rocket-launch-outline"></ha-icon>
 ${this.say(c===void 0?"boost":"stop_boost",{left:ue(t,e,c)})}
 </button>`}#y(t,e,n,i){if(!("target_energy"in n.entities))return f;let r=async()=>{this.#s??=(await import("./plan.js")).planDialog,this.requestUpdate(),await this.updateComplete,this.renderRoot.querySelector("dialog")?.showModal(),this.renderRoot.querySelector("dialog form")?.dispatchEvent(new Event("change"))};return p`<div class="row plan">
 <ha-icon aria-hidden="true" icon="mdi:flag-checkered"></ha-icon>
 <span>${Qe(t,e,y(t,n,"charger_state"),i)}</span>
 <button class="link" @click=${r}>${this.say("edit_plan")}</button>
 </div>
 ${this.#s?.(this,t,e,n,i)??f}`}#_(t,e,n,i){let r=y(t,n,"session_energy"),o=w(r);if(r===void 0||o===void 0)return f;let c=y(t,n,"session_start"),a=y(t,n,"session_cost"),d=y(t,n,"charger_state")?.state!=="no_vehicle",h=[P(t,o,2)];x(c)&&h.push(z(t,e,new Date(c.state),i));let l=w(a);l!==void 0&&h.push(K(t,l,String(a?.attributes.unit_of_measurement??"")));let u=this.say(d?"this_session":"last_session");return p`<button class="text num" @click=${()=>H(this,r.entity_id)}>
 <span class="secondary">${u}</span> ${h.join(" \xB7 ")}
 </button>`}#b(t,e){return p`<button @click=${()=>M(t)}>${this.say(e)}</button>`}static{this.styles=[k.styles,O`
 section { display: flex; flex-direction: column; gap: 8px; }
 section > button { align-self: flex-start; }
 .state { display: inline-flex; gap: 4px; align-items: center; flex: none; max-width: 60%; }
 .figures { font-size: var(--ha-font-size-xl, 20px); line-height: 1.3; margin: 0; }
 .compact { padding: 8px 16px; }
 .compact section { gap: 4px; }
 .sun { flex: none; }
 .compact .head { flex-wrap: wrap; gap: 0 12px; }
 .compact h2 { flex: 1; }
 .compact .figures { font-size: inherit; }
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
 `]}};var en={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},Ft=s=>(...t)=>({_$litDirective$:s,values:t}),pt=class{constructor(t){}get _$AU(){return this._$AM._$AU}_$AT(t,e,n){this._$Ct=t,this._$AM=e,this._$Ci=n}_$AS(t,e){return this.update(t,e)}update(t,e){return this.render(...e)}};var os={},he=Ft(class extends pt{constructor(){super(...arguments),this.ot=os}render(s,t){return t()}update(s,[t,e]){if(Array.isArray(t)){if(Array.isArray(this.ot)&&this.ot.length===t.length&&t.every((n,i)=>n===this.ot[i]))return D}else if(this.ot===t)return D;return this.ot=Array.isArray(t)?Array.from(t):t,this.render(t,e)}});var{I:as}=Pe,nn=s=>s;var sn=()=>document.createComment(""),ht=(s,t,e)=>{let n=s._$AA.parentNode,i=t===void 0?s._$AB:t._$AA;if(e===void 0){let r=n.insertBefore(sn(),i),o=n.insertBefore(sn(),i);e=new as(r,o,s,s.options)}else{let r=e._$AB.nextSibling,o=e._$AM,c=o!==s;if(c){let a;e._$AQ?.(s),e._$AM=s,e._$AP!==void 0&&(a=s._$AU)!==o._$AU&&e._$AP(a)}if(r!==i||c){let a=e._$AA;for(;a!==r;){let d=nn(a).nextSibling;nn(n).insertBefore(a,i),a=d}}}return e},G=(s,t,e=s)=>(s._$AI(t,e),s),cs={},rn=(s,t=cs)=>s._$AH=t,on=s=>s._$AH,jt=s=>{s._$AR(),s._$AA.remove()};var an=(s,t,e)=>{let n=new Map;for(let i=t;i<=e;i++)n.set(s[i],i);return n},me=Ft(class extends pt{constructor(s){if(super(s),s.type!==en.CHILD)throw Error("repeat() can only be used in text expressions")}dt(s,t,e){let n;e===void 0?e=t:t!==void 0&&(n=t);let i=[],r=[],o=0;for(let c of s)i[o]=n?n(c,o):o,r[o]=e(c,o),o++;return{values:r,keys:i}}render(s,t,e){return this.dt(s,t,e).values}update(s,[t,e,n]){let i=on(s),{values:r,keys:o}=this.dt(t,e,n);if(!Array.isArray(i))return this.ut=o,r;let c=this.ut??=[],a=[],d,h,l=0,u=i.length-1,m=0,g=r.length-1;for(;l<=u&&m<=g;)if(i[l]===null)l++;else if(i[u]===null)u--;else if(c[l]===o[m])a[m]=G(i[l],r[m]),l++,m++;else if(c[u]===o[g])a[g]=G(i[u],r[g]),u--,g--;else if(c[l]===o[g])a[g]=G(i[l],r[g]),ht(s,a[g+1],i[l]),l++,g--;else if(c[u]===o[m])a[m]=G(i[u],r[m]),ht(s,i[l],i[u]),u--,m++;else if(d===void 0&&(d=an(o,m,g),h=an(c,l,u)),d.has(c[l]))if(d.has(c[u])){let _=h.get(o[m]),b=_!==void 0?i[_]:null;if(b===null){let R=ht(s,i[l]);G(R,r[m]),a[m]=R}else a[m]=G(b,r[m]),ht(s,i[l],b),i[_]=null;m++}else jt(i[u]),u--;else jt(i[l]),l++;for(;m<=g;){let _=ht(s,a[g+1]);G(_,r[m]),a[m++]=_}for(;l<=u;){let _=i[l++];_!==null&&jt(_)}return this.ut=o,rn(s,a),D}});var ds=24,ls=5,us=["position","power","name"],ps=["power","current","energy_today"],st=(s,t)=>U(y(s,t,"power")),hs=(s,t)=>{let e=Nt(s,t,"current_phase").map(w).filter(n=>n!==void 0);return e.length>0?Math.max(...e.map(Math.abs)):void 0},cn=(s,t)=>t.flatMap(({shown:e})=>e.map(n=>s.states[n])),dn=(s,t)=>t.reduce((e,n)=>e+(st(s,n)??0),0),zt=class extends k{#t="";#e;#i=new Map;#s;#n(t){let{entities:e,devices:n}=t,i=this.config.device,r=this.#s;if(r?.entities===e&&r.devices===n&&r.gateway===i)return r.found;let o=vt(t,i);return this.#s={entities:e,devices:n,gateway:i,found:o},o}watched(t){return this.#n(t).flatMap(e=>e.circuits.flatMap(n=>n.shown))}show(t,e){let n=this.#n(t),i=n.flatMap(l=>l.circuits);if(i.length===0)return p`<ha-card>
 <p>${this.say("no_circuits")}</p>
 <button @click=${()=>M(`/config/integrations/integration/${T}`)}>
 ${this.say("show_devices")}
 </button>
 </ha-card>`;let r=this.#t.toLocaleLowerCase(t.language),o=(l,u)=>r===""||`${l.name} ${u.name}`.toLocaleLowerCase(t.language).includes(r),c=Math.max(...i.map(l=>Math.abs(st(t,l)??0)),1),a=`--most: ${Number(c.toPrecision(2))}`,d=this.#e??String(this.config.sort??"position"),h=i.length>ds;return p`<ha-card>
 <section aria-labelledby="title" style=${a}>
 <h2 id="title">${this.config.name||this.say("circuits")}</h2>
 <div class="row tools">
 <label>${this.say("search")}
 <input type="search" .value=${this.#t} @input=${this.#r} /></label>
 <label>${this.say("sort")}
 <select @change=${this.#o}>
 ${us.map(l=>p`<option value=${l} ?selected=${l===d}>${this.say(`sort_${l}`)}</option>`)}
 </select></label>
 <span class="num">${this.say("in_total",{power:C(t,dn(t,i))})}</span>
 </div>
 ${h&&!r?this.#c(t,n):f}
 ${me(n,l=>l.device,l=>{let u=r===""&&(this.#i.get(l.device)??h),m=[l,u,r,d,this.config,t.locale];return he([...m,this.texts,...cn(t,l.circuits)],()=>{let g=l.circuits.filter(b=>o(b,l));if(g.length===0)return f;let _=this.#a(t,g,d);return this.#d(t,l,_,u)})})}
 </section>
 </ha-card>`}#r=t=>{this.#t=t.target.value.trim(),this.requestUpdate()};#o=t=>{this.#e=t.target.value,this.requestUpdate()};#a(t,e,n){return n==="power"?[...e].sort((i,r)=>(st(t,r)??0)-(st(t,i)??0)):n==="name"?[...e].sort((i,r)=>i.name.localeCompare(r.name,t.language)):e}#c(t,e){let n=new Map(e.map(o=>[o.device,o.name])),i=e.flatMap(o=>o.circuits),r=this.#a(t,i,"power").slice(0,ls).map(o=>({...o,name:`${o.name}, ${n.get(o.module)}`}));return p`<h3>${this.say("largest")}</h3>
 ${this.#l(t,r,this.say("largest"))}`}#d(t,e,n,i){return p`<div class="module">
 <h3>
 <button class="fold" aria-expanded=${!i} @click=${()=>{this.#i.set(e.device,!i),this.requestUpdate()}}>
 <ha-icon aria-hidden="true" icon=${i?"mdi:chevron-right":"mdi:chevron-down"}></ha-icon>
 <span>${this.say("module",{name:e.name,count:e.circuits.length})}</span>
 <span class="num">${C(t,dn(t,e.circuits))}</span>
 </button>
 </h3>
 ${i?f:this.#l(t,n,e.name)}
 </div>`}#l(t,e,n){let r=(this.config.columns??ps).includes("current")&&e.some(o=>"current_phase"in o.entities);return p`<table>
 <caption class="hidden">${n}</caption>
 <thead class="hidden"><tr>
 <th scope="col">${this.say("circuit")}</th>
 <th scope="col">${this.say("share")}</th>
 <th scope="col">${this.say("power")}</th>
 ${r?p`<th scope="col">${this.say("current")}</th>`:f}
 </tr></thead>
 <tbody>
 ${me(e,o=>o.device,o=>he([o.entities,o.name,...cn(t,[o]),r,t.locale,this.texts],()=>this.#u(t,o,r)))}
 </tbody>
 </table>`}#u(t,e,n){let i=y(t,e,"power"),r=st(t,e),o=n?hs(t,e):void 0,c=this.say(Pt(i)?"no_contact":"not_yet"),a=r===void 0?`\u2013 ${c}`:`${r<0?`${this.say("feeds_in")} `:""}${C(t,Math.abs(r))}`;return p`<tr>
 <th scope="row">
 <button class="text" @click=${()=>i&&H(this,i.entity_id)}>${e.name}</button>
 </th>
 <td class="share">
 <span class="bar" aria-hidden="true"><span style="--own: ${Math.abs(r??0)}"></span></span>
 </td>
 <td class="end ${x(i)?"":"secondary"}">${a}</td>
 ${n?p`<td class="end">${o===void 0?"\u2013":A(t,o)}</td>`:f}
 </tr>`}static{this.styles=[k.styles,O`
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
 .share .bar > span { background: var(--primary-color); height: 100%; width: calc(100% * var(--own) / var(--most)); }
 td:last-child { padding-inline-end: 0; }
 @container (max-width: 480px) {
 tbody tr { display: grid; grid-template-columns: 1fr auto auto; padding: 6px 0; }
 tbody td, tbody th[scope="row"] { padding: 2px 0 2px 8px; width: auto; }
 tbody th[scope="row"] { padding-inline-start: 0; }
 tbody .share { grid-row: 2; grid-column: 1 / -1; padding: 2px 0; width: auto; }
 .share .bar { margin: 0; height: 6px; }
 }
 section { container-type: inline-size; }
 `]}};var fe=`/config/integrations/integration/${T}`,ms=1e4,fs=5,Wt=["no_contact","wrong_device","refused","waiting_for_acceptance","off","late","slow","working"],qt=class extends k{#t;#e;watched(t){return E(t).flatMap(e=>Object.values(e.entities).flat())}updated(){super.updated(),!(this.#e!==void 0||document.hidden||!this.isConnected)&&this.hass!==void 0&&(this.#e=setTimeout(()=>{this.#e=void 0,!document.hidden&&this.isConnected&&this.#i()},this.#t===void 0?0:ms))}disconnectedCallback(){super.disconnectedCallback(),clearTimeout(this.#e),this.#e=void 0}async#i(){try{this.#t=await this.hass?.callWS({type:`${T}/health`})}catch{this.#t={connections:[],sites:{}}}this.requestUpdate()}show(t,e){let n=this.#t?.connections.toSorted((r,o)=>Wt.indexOf(r.status)-Wt.indexOf(o.status)||r.name.localeCompare(o.name,t.language)),i=E(t).filter(r=>!this.config.site||r.device===this.config.site);return p`<ha-card>
 <section aria-labelledby="title">
 <h2 id="title">${this.config.name||this.say("health")}</h2>
 ${i.map(r=>this.#s(t,e,r))}
 ${n===void 0?p`<div class="blank" aria-busy="true"></div>`:n.length>0?this.#r(t,e,n):p`<p>${this.say("no_devices")}</p>`}
 <div class="row">
 <button @click=${()=>M(fe)}>${this.say("diagnostics")}</button>
 </div>
 </section>
 </ha-card>`}#s(t,e,n){let i=t.devices[n.device]?.primary_config_entry??"",r=this.#t?.sites[i],o=y(t,n,"grid_data_state"),c=y(t,n,"headroom_l1")?.attributes.rating,a=y(t,n,"overload_count"),d=w(a),h=Number(a?.attributes.worst??0),u=y(t,n,"observe")?.state==="on"?this.say("observing"):this.say("guarding",{current:A(t,Number(c??0))});return p`<div>
 <h3>${n.name}</h3>
 <p class="num">${u} ${x(o)?this.say("meter_data",{state:t.formatEntityState(o)}):this.say("no_meter_data")}${typeof r=="number"?` \xB7 ${this.#n(e,r)}`:""}.
 ${d===void 0?f:d===0?this.say("no_overload"):this.say("overloads",{count:S(t,d),current:A(t,h)})}</p>
 </div>`}#n(t,e){return e<fs?this.say("live"):ut(t,e)}#r(t,e,n){return p`<table>
 <thead><tr>
 ${["connection","status","data_age","answer_time","errors"].map((r,o)=>p`<th scope="col" class=${o>1?"end":""}>${this.say(r)}</th>`)}
 </tr></thead>
 <tbody>${n.map(r=>this.#o(t,e,r))}</tbody>
 </table>`}#o(t,e,n){let{status:i,age:r,answer:o,failures:c,waiting:a,since:d}=n,h=i==="working",l=n.device_id?t.devices[n.device_id]:void 0,u=[et(l)||n.name,n.path].filter(Boolean).join(" \xB7 "),m=l?`/config/devices/device/${l.id}`:fe,g=[d?this.say("since",{time:z(t,e,new Date(d),new Date)}):"",n.left_alone?this.say("left_alone",{time:ut(e,n.left_alone)}):"",a?this.say("queue",{count:a}):""].filter(Boolean),_={data_age:typeof r=="number"&&i!=="no_contact"?this.#n(e,r):"\u2013",answer_time:typeof o=="number"?this.#a(t,o):"\u2013",errors:c===void 0?"\u2013":S(t,c)};return p`<tr>
 <th scope="row"><button class="text" @click=${()=>M(m)}>${u}</button></th>
 <td><span class="status ${h?"":"bad"}">
 <ha-icon aria-hidden="true" icon=${h?"mdi:check-circle-outline":"mdi:alert-circle-outline"}></ha-icon>
 ${this.say(i)}</span>
 ${g.length>0?p`<div class="secondary">${g.join(" \xB7 ")}</div>`:f}
 ${Wt.indexOf(i)<Wt.indexOf("late")?p`<button class="link" @click=${()=>M(`${fe}#config_entry=${n.entry_id}`)}>${this.say("what_to_do")}</button>`:f}</td>
 ${Object.entries(_).map(([b,R])=>p`<td class="end" data-name=${this.say(b)}>${R}</td>`)}
 </tr>`}#a(t,e){return e<1?`${S(t,1e3*e)}\xA0ms`:`${S(t,e,1)}\xA0s`}static{this.styles=[k.styles,O`
 section { display: flex; flex-direction: column; gap: 16px; }
 tbody th { color: var(--primary-text-color); overflow-wrap: anywhere; }
 section { container-type: inline-size; }
 .status { display: inline-flex; gap: 4px; align-items: center; }
 .bad { font-weight: 700; }
 button.link { padding-inline-start: 0; }
 td:last-child { padding-inline-end: 0; }
 @container (max-width: 480px) {
 thead { position: absolute; display: block; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
 tbody tr { display: grid; grid-template-columns: repeat(3, 1fr); padding: 8px 0; border-bottom: 1px solid var(--divider-color); }
 tbody th, tbody td, tbody .end { padding: 2px 0; text-align: start; }
 tbody th, tbody td:nth-of-type(1) { grid-column: 1 / -1; }
 td[data-name]::before { content: attr(data-name); display: block; color: var(--secondary-text-color); font-size: var(--ha-font-size-s, 12px); }
 }
 `]}};var ln=["start","end","duration","charger","tag","energy","cost","currency","price","sun_share","meter_start","meter_end","reason","id"],gs=["energy","meter_start","meter_end"],ys=/^[=+\-@\t\r]/,un=(s,t)=>{let e=t?";":",",n=(r,o)=>{if(o==null)return"";if(typeof o=="number"&&r!=="id"){let d=gs.includes(r)?o.toFixed(3):String(o);return t?d.replace(".",","):d}let c=String(o),a=ys.test(c)?`'${c}`:c;return/[",;\n\r]/.test(a)?`"${a.replaceAll('"','""')}"`:a},i=s.map(r=>ln.map(o=>n(o,r[o])).join(e));return`\uFEFF${[ln.join(e),...i].join(`\r
`)}\r
`};var Bt=["month","year","range"],_s=5e3,bs=(s,t,e)=>{let n=e.getFullYear();if(s==="year")return[new Date(n-t,0,1),new Date(n-t+1,0,1)];let i=e.getMonth()-t;return[new Date(n,i,1),new Date(n,i+1,1)]},it=s=>`${s.getFullYear()}-${String(s.getMonth()+1).padStart(2,"0")}-${String(s.getDate()).padStart(2,"0")}`,Kt=class extends k{#t="month";#e=0;#i;#s;#n="";#r="";setConfig(t){super.setConfig(t),this.#t=String(t.period??"month")}watched(t){return B(t).flatMap(e=>e.entities.transaction??[])}#o(){return this.#t==="range"&&this.#i?this.#i:bs(this.#t,this.#e,new Date)}async#a(t,e,n){try{let i=this.config.device,{response:r}=await t.callWS({type:"call_service",domain:T,service:"get_sessions",service_data:{from:`${it(e)} 00:00:00`,to:`${it(n)} 00:00:00`,limit:_s,...i?{device_id:[i]}:{}},return_response:!0});this.#s=r.sessions,this.#n=""}catch(i){this.#s=[],this.#n=i.message??""}this.requestUpdate()}show(t,e){let[n,i]=this.#o(),r=B(t).map(c=>y(t,c,"transaction")?.state),o=`${it(n)} ${it(i)} ${r.join()}`;return o!==this.#r&&(this.#r=o,this.#a(t,n,i)),p`<ha-card>
 <section aria-labelledby="title">
 <h2 id="title">${this.config.name||this.say("sessions")}</h2>
 ${this.#c(t,n,i)}
 ${this.#l(t,n)}
 </section>
 </ha-card>`}#c(t,e,n){let i=a=>{this.#t=a,this.#e=0,this.#i=a==="range"?[e,n]:void 0,this.requestUpdate()},r=a=>{this.#e+=a,this.requestUpdate()},o=a=>{let d={ArrowRight:1,ArrowLeft:2}[a.key],h=d&&Bt[(Bt.indexOf(this.#t)+d)%Bt.length];h&&(i(h),a.currentTarget.querySelector(`[data-period=${h}]`)?.focus())},c=this.#t==="year"?String(e.getFullYear()):Ut(t,e);return p`<div class="row">
 <div role="radiogroup" class="row" aria-label=${this.say("period")} @keydown=${o}>
 ${Bt.map(a=>p`<button
 role="radio"
 data-period=${a}
 aria-checked=${a===this.#t}
 tabindex=${a===this.#t?0:-1}
 @click=${()=>i(a)}
 >${this.say(`period_${a}`)}</button>`)}
 </div>
 ${this.#t==="range"?this.#d(e,n):p`<div class="row">
 <button aria-label=${this.say("earlier")} @click=${()=>r(1)}>‹</button>
 <span>${c}</span>
 <button aria-label=${this.say("later")} ?disabled=${this.#e===0} @click=${()=>r(-1)}>›</button>
 </div>`}
 </div>`}#d(t,e){let n=new Date(e.getTime()-432e5);return p`<div class="row" @change=${r=>{let o=r.currentTarget.querySelectorAll("input"),[c,a]=[...o].map(d=>{let[h=0,l=1,u=1]=d.value.split("-").map(Number);return d.value?new Date(h,l-1,u):void 0});!c||!a||a<c||(this.#i=[c,new Date(a.getFullYear(),a.getMonth(),a.getDate()+1)],this.requestUpdate())}}>
 <label>${this.say("first_day")} <input type="date" .value=${it(t)} /></label>
 <label>${this.say("last_day")} <input type="date" .value=${it(n)} /></label>
 </div>`}#l(t,e){let n=this.#s;if(n===void 0)return p`<div class="blank" aria-busy="true"></div>`;if(this.#n)return p`<p role="alert">${this.#n}</p>`;if(n.length===0)return p`<p>${this.say(this.#t==="month"?"no_sessions_in":"no_sessions",{month:Ut(t,e)})}</p>`;let i=n.filter(u=>!u.doubtful),r=u=>i.reduce((m,g)=>m+(g[u]??0),0),o=i.some(u=>u.cost!==null),c=i.filter(u=>typeof u.sun_share=="number"),a=c.some(u=>u.sun_share),d=c.reduce((u,m)=>u+(m.energy??0),0),h=c.reduce((u,m)=>u+(m.energy??0)*(m.sun_share??0),0),l=i.find(u=>u.currency)?.currency;return p`<table>
 <caption class="hidden">${this.say("sessions")}</caption>
 <thead><tr>
 ${["start","duration","charger","card"].map(u=>p`<th scope="col" class=${u}>${this.say(`column_${u}`)}</th>`)}
 <th scope="col" class="end">${this.say("column_energy")}</th>
 ${a?p`<th scope="col" class="end">${this.say("sun")}</th>`:f}
 ${o?p`<th scope="col" class="end">${this.say("column_cost")}</th>`:f}
 </tr></thead>
 <tbody>${n.map(u=>this.#u(t,u,o,a))}</tbody>
 <tfoot><tr>
 <th scope="row" colspan="4">${this.say("sum",{count:i.length})}</th>
 <td class="end">${P(t,r("energy"),2)}</td>
 ${a?p`<td class="end">${d>0?N(t,h/d):"\u2013"}</td>`:f}
 ${o?p`<td class="end">${K(t,r("cost"),l)}</td>`:f}
 </tr></tfoot>
 </table>
 ${i.length<n.length?p`<p class="secondary">${this.say("doubtful")}</p>`:f}
 <div class="row"><button @click=${()=>this.#p(t,n)}>
 <ha-icon aria-hidden="true" icon="mdi:download"></ha-icon> ${this.say("csv")}
 </button></div>`}#u(t,e,n,i){let r=e.start?new Date(e.start):void 0,o=e.duration,c=o===null?"\u2013":`${Math.floor(o/60)}:${String(Math.round(o)%60).padStart(2,"0")}`;return p`<tr class=${e.running?"running":""}>
 <td class="start">${r?`${wt(t,r)}, ${lt(t,r)}`:"\u2013"}
 ${e.running?p`<br />${this.say("running")}`:f}
 ${e.doubtful?p`<br />${this.say("check")}`:f}</td>
 <td class="duration">${c}</td>
 <td class="charger">${e.charger}</td>
 <td class="card">${e.tag||"\u2013"}</td>
 <td class="end">${e.energy===null?"\u2013":P(t,e.energy,2)}</td>
 ${i?p`<td class="end sun">${typeof e.sun_share=="number"?this.say("sun_share",{share:N(t,e.sun_share)}):"\u2013"}</td>`:f}
 ${n?p`<td class="end">${e.cost===null?"\u2013":K(t,e.cost,e.currency)}</td>`:f}
 </tr>`}#p(t,e){let[n]=this.#o(),i=document.createElement("a"),r=S(t,.5,1).includes(",");i.href=URL.createObjectURL(new Blob([un(e,r)],{type:"text/csv;charset=utf-8"})),i.download=`sessions_${it(n)}.csv`,i.click(),setTimeout(()=>URL.revokeObjectURL(i.href),1e3)}static{this.styles=[k.styles,O`
 section { max-width: 1100px; margin: 0 auto; display: flex; flex-direction: column; gap: 16px; container-type: inline-size; }
 [role="radio"][aria-checked="true"] { border: 2px solid var(--primary-text-color); background: color-mix(in srgb, var(--primary-color) 20%, transparent); }
 thead th { border-bottom: 1px solid var(--divider-color); }
 tfoot th, tfoot td { border-top: 1px solid var(--secondary-text-color); font-weight: 500; color: var(--primary-text-color); }
 .running { font-weight: 700; }
 label input { min-height: 44px; border: 1px solid var(--secondary-text-color); border-radius: 8px; background: none; padding: 0 8px; color-scheme: light dark; }
 @container (max-width: 560px) {
 thead { position: absolute; display: block; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
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
 `]}};var $s=30,hn=.05,Gt=async s=>{try{return(await s.callWS({type:"energy/get_prefs"})).energy_sources.flatMap(e=>e.type==="solar"&&e.stat_rate?[e.stat_rate]:[])}catch{return[]}},vs=s=>{let t=s.filter(e=>e!==void 0);return t.length>0?t.reduce((e,n)=>e+n,0):void 0},pn=(s,t)=>{let e=s.reduce((i,r)=>i+r.power,0),n=t-e;return n>hn*t?[...s,{key:"rest",power:n}]:s},mn=(s,t,e)=>{let n=dt(s,t),i=L=>n?void 0:U(y(s,t,L)),r=i("grid_power"),o=U(y(s,t,"battery_power")),c=i("charging_power"),a=vs(e.map(L=>U(s.states[L]))),d=a===void 0?void 0:Math.max(a,0),h=r===void 0||e.length>0&&d===void 0?void 0:r+(d??0)+(o??0)-(c??0),l=Math.max(r??0,0)+(d??0)+Math.max(o??0,0),u=h===void 0||h<-hn*l?void 0:Math.max(h,0),m=(L,V=0)=>V>$s||V>0&&L!=="grid"?[{key:L,power:V}]:[],g=(L,V)=>r===void 0?[[],[]]:[L,V],[_,b]=g([...m("sun",d),...m("battery",o),...m("grid",r)],[...m("house",u),...m("cars",c),...m("battery",-(o??0)),...m("grid",-(r??0))]),R=L=>L.reduce((V,wn)=>V+wn.power,0),at=Math.max(R(_),R(b));return{from:pn(_,at),to:pn(b,at),total:at,grid:r,sun:d,battery:o,house:u,cars:c}};var ge=["flow","phases","surplus","today"],fn=3,xs=30,ws=["l1","l2","l3"],Ss=["aging","stale","lost"],gn=(s,t)=>{let e=E(s);return t===void 0?e[0]:e.find(n=>n.device===t)},Jt=class extends k{#t=[];#e=!1;watched(t){let e=gn(t,this.config.site);return[...Object.values(e?.entities??{}).flat(),...this.#t]}async#i(t){this.#e=!0,this.#t=await Gt(t),this.requestUpdate()}show(t,e){this.#e||this.#i(t);let n=gn(t,this.config.site);if(n===void 0)return p`<ha-card>
 <p>${this.say("no_site")}</p>
 <button @click=${()=>M(`/config/integrations/integration/${T}`)}>
 ${this.say("add_site")}
 </button>
 </ha-card>`;let i=r=>(this.config.show??ge).includes(r);return p`<ha-card>
 <section aria-labelledby="title">
 <div class="head">
 <h2 id="title">
 <button class="text" @click=${()=>M(`/config/devices/device/${n.device}`)}>
 ${this.config.name||n.name}
 </button>
 </h2>
 ${this.#s(t,n)}
 </div>
 ${i("flow")?this.#n(t,n):f}
 ${i("surplus")?this.#o(t,n):f}
 ${i("phases")?this.#c(t,e,n):f}
 ${i("today")?this.#a(t,n):f}
 </section>
 </ha-card>`}#s(t,e){let n=y(t,e,"grid_data_state");if(n===void 0||!Ss.includes(n.state))return f;let i=w(y(t,e,"data_age")),r=i===void 0?"":` \xB7 ${S(t,i)}\xA0s`;return p`<button class="text secondary" @click=${()=>H(this,n.entity_id)}>
 <ha-icon aria-hidden="true" icon="mdi:database-clock"></ha-icon>
 ${this.say("meter_data",{state:t.formatEntityState(n)})}${r}
 </button>`}#n(t,e){let n=mn(t,e,this.#t),i=(r,o)=>p`<div class="flow">
 <span class="secondary">${this.say(r)}</span>
 <div class="bar" aria-hidden="true">
 ${o.map(c=>p`<span
 class="${c.key} ${r}"
 style="width: ${100*c.power/(n.total||1)}%"
 ></span>`)}
 </div>
 </div>`;return p`${i("from",n.from)}${i("to",n.to)}
 <dl>${this.#r(t,e,n)}</dl>
 ${[...n.from,...n.to].some(r=>r.key==="rest")?p`<p class="secondary">${this.say("not_measured")}</p>`:f}`}#r(t,e,n){let i=h=>h===void 0?"\u2013":C(t,Math.abs(h)),r=(h,l,u)=>h===void 0?"\u2013":Math.abs(h)<=xs?this.say("balanced"):`${this.say(h>0?l:u)} ${i(h)}`,o=(h,l,u,m)=>p`<div>
 <dt><span class="swatch ${h}" aria-hidden="true"></span>
 <ha-icon aria-hidden="true" icon=${l}></ha-icon>${this.say(h)}</dt>
 <dd>${m===void 0?u:p`<button class="text" @click=${()=>H(this,m)}>${u}</button>`}</dd>
 </div>`,c=h=>e.entities[h]?.[0],a="battery_power"in e.entities,d=(n.battery??0)!==0;return[this.#t.length>0?o("sun","mdi:white-balance-sunny",i(n.sun),this.#t[0]):f,a?o("battery","mdi:home-battery-outline",d?r(n.battery,"discharges","charges"):i(n.battery),c("battery_power")):f,o("grid","mdi:transmission-tower",r(n.grid,"imports","exports"),c("grid_power")),o("house","mdi:home-outline",i(n.house)),o("cars","mdi:car-electric",i(n.cars),c("charging_power"))]}#o(t,e){let n=y(t,e,"surplus"),i=w(n);return n===void 0||i===void 0||i<=0?f:p`<button class="text num" @click=${()=>H(this,n.entity_id)}>
 ${this.say("surplus",{power:C(t,i)})}
 </button>`}#a(t,e){let n=y(t,e,"energy_today"),i=w(n);if(n===void 0||i===void 0)return f;let r=w(y(t,e,"solar_share_today")),o=y(t,e,"cost_today"),c=w(o),a=[this.say("today",{energy:P(t,i)})];return r!==void 0&&a.push(this.say("sun_share",{share:N(t,r)})),c!==void 0&&a.push(K(t,c,String(o?.attributes.unit_of_measurement??""))),p`<button class="text num" @click=${()=>H(this,n.entity_id)}>
 ${a.join(" \xB7 ")}
 </button>`}#c(t,e,n){let i=dt(t,n),r=ws.map(c=>y(t,n,`headroom_${c}`)),o=r.map(c=>c?.attributes.rating).find(Number.isFinite);return p`<div class="phases">
 <span class="secondary">
 ${this.say("fuse",{current:o===void 0?"":A(t,Number(o))})}
 </span>
 ${r.map((c,a)=>{if(c===void 0)return f;let d=`L${a+1}`,l=x(c)&&!i?Math.floor(Number(c.state)):void 0,u=Number(c.attributes.rating??0),m=l===void 0||u===0?0:Math.min(Math.max(1-l/u,0),1);return p`<button
 class="text phase ${l!==void 0&&l<fn?"tight":""}"
 @click=${()=>H(this,c.entity_id)}
 >
 <span>${d}</span>
 <span class="bar" aria-hidden="true"><span style="width: ${100*m}%"></span></span>
 <span class="num">${this.#d(t,l)}</span>
 </button>`})}
 </div>`}#d(t,e){if(e===void 0)return"\u2013";let n=A(t,Math.abs(e),0);return e<0?p`<ha-icon aria-hidden="true" icon="mdi:fuse-alert"></ha-icon> ${this.say("over",{current:n})}`:this.say(e<fn?"left_tight":"left",{current:n})}static{this.styles=[k.styles,O`
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
 `]}};var rt="custom:meters-chargers",vn=3,As=6,J={columns:12},yn=["overview","chargers","circuits","sessions","health"],ks=async(s,t)=>{let e=E(t),n=e.find(u=>u.device===s.site)??e[0],[i,r,o]=await Promise.all([oe(t.language),Gt(t),We(t)]),c=new Set(s.hide_devices),a=B(t).filter(u=>!c.has(u.device)&&(n===void 0||o.get(u.device)===n.device)),d={hass:t,texts:i,config:s,site:n,chargers:a,suns:r},h={overview:()=>[Ts(d)],chargers:()=>a.map((u,m)=>Ms(d,u,m)),circuits:()=>vt(t).length>0?[_n(d,"circuits","mdi:file-tree",{type:`${rt}-circuits-card`})]:[],sessions:()=>a.some(u=>"transaction"in u.entities)?[_n(d,"sessions","mdi:receipt-text-clock-outline",{type:`${rt}-sessions-card`})]:[],health:()=>[Rs(d)]},l=s.show??yn;return{views:yn.filter(u=>l.includes(u)).flatMap(u=>h[u]?.()??[])}},ot=(...s)=>({type:"grid",cards:s}),At=(s,t)=>({type:"heading",heading:s,icon:t}),ye=(s,t,e,n,i={})=>({type:"sections",title:v(s.texts,t),path:t,icon:e,show_icon_and_title:!0,max_columns:3,sections:n,...i}),_n=(s,t,e,n)=>({title:v(s.texts,t),path:t,icon:e,show_icon_and_title:!0,type:"panel",cards:[n]}),xn=s=>`charger-${s+1}`,Ts=s=>{let{site:t,chargers:e}=s,n=e.length>vn,i=e.map((d,h)=>({type:`${rt}-charger-card`,device:d.device,view:xn(h),...n?{compact:n}:{}})),r=e.length===0?[{type:`${rt}-charger-card`}]:[],o=[...i,...r].map(d=>({...d,grid_options:J})),c={type:`${rt}-site-card`,...t?{site:t.device}:{},grid_options:J},a=Cs(s);return ye(s,"overview","mdi:home-lightning-bolt",[ot(...o),ot(c,...Es(s)),...a.length>0?[ot(...a)]:[]],{badges:Hs(s)})},Hs=({site:s,texts:t})=>{let e=s?.entities.grid_data_state?.[0];return e===void 0?[]:[{type:"entity",entity:e,name:v(t,"meter"),show_name:!0,tap_action:{action:"navigate",navigation_path:"health"}}]},Es=({hass:s,config:t,texts:e})=>{let n=vt(s).flatMap(i=>i.circuits.map(r=>({circuit:r,module:i}))).map(({circuit:i,module:r})=>({entity:y(s,i,"power")?.entity_id??"",name:`${i.name}, ${r.name}`,power:st(s,i)??0})).filter(({power:i})=>i>0).sort((i,r)=>r.power-i.power).slice(0,t.circuits_limit??As);return n.length<2?[]:[At(v(e,"top_circuits"),"mdi:file-tree"),{type:"distribution",entities:n.map(({entity:i,name:r})=>({entity:i,name:r})),grid_options:J}]},Cs=({site:s,suns:t,texts:e})=>{let n=[...t.map(i=>({entity:i,name:v(e,"sun"),color:"amber"})),...bn(s,"grid_power",v(e,"grid"),"blue"),...bn(s,"charging_power",v(e,"cars"),"green")];return n.length===0?[]:[At(v(e,"last_hours"),"mdi:chart-line"),{type:"history-graph",hours_to_show:6,entities:n,grid_options:{columns:"full",rows:5}}]},bn=(s,t,e,n)=>(s?.entities[t]??[]).map(i=>({entity:i,name:e,color:n})),$n={type:"entity"},Ms=(s,t,e)=>{let{hass:n,texts:i,chargers:r}=s,o=g=>v(i,g),c=(g,_)=>(t.entities[g]??[]).map(b=>({type:"tile",entity:b,name:$n,..._?{features:[_],grid_options:J}:{}})),a=(...g)=>g.flatMap(_=>c(_)),d={type:"numeric-input",style:"buttons"},h=["charger_state","power","charging_current"].flatMap(g=>t.entities[g]??[]).map(g=>({entity:g,name:$n})),l={type:"logbook",target:{entity_id:t.entities.reason??[]},hours_to_show:24,grid_options:{columns:12,rows:6}},u=ot({type:`${rt}-charger-card`,device:t.device,show:["mode","slider","phases","boost","plan","session"],grid_options:J},At(o("settings"),"mdi:tune"),...c("min_current",d),...c("priority",d),...c("target_energy",d),...c("enabled",{type:"toggle"}),...a("starts_today","phase_changes_today","writes_today")),m=ot(At(o("right_now"),"mdi:pulse"),...c("power",{type:"trend-graph"}),...a("current_phase","session_energy","session_solar_share","energy_import"),{type:"history-graph",hours_to_show:12,entities:h,grid_options:J},...n.config.components.includes("logbook")?[At(o("why"),"mdi:message-text-outline"),l]:[]);return{...ye(s,t.name,"mdi:ev-station",[u,m]),title:t.name,path:xn(e),max_columns:2,...r.length>vn?{subview:!0}:{}}},Rs=s=>ye(s,"health","mdi:heart-pulse",[ot({type:`${rt}-health-card`,grid_options:J}),ot({type:"repairs",grid_options:J})]);var Os={charger:It,site:Jt,circuits:zt,sessions:Kt,health:qt};for(let[s,t]of Object.entries(Os))customElements.define(`meters-chargers-${s}-inside`,t);var oo=(s,t)=>s==="charger"?{device:B(t)[0]?.device??"",show:pe}:s==="site"?{site:E(t)[0]?.device??"",show:ge}:{};export{Ve as DAYS,T as DOMAIN,Ze as dayName,ut as duration,I as format,ks as generate,p as html,z as moment,f as nothing,Ye as planOf,v as say,y as stateOf,oo as stub};
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
