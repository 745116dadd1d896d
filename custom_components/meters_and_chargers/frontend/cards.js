var En=Object.defineProperty;var Cn=(s,t)=>{for(var e in t)En(s,e,{get:t[e],enumerable:!0})};var kt=globalThis,Tt=kt.ShadowRoot&&(kt.ShadyCSS===void 0||kt.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,Zt=Symbol(),xe=new WeakMap,ht=class{constructor(t,e,n){if(this._$cssResult$=!0,n!==Zt)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=t,this.t=e}get styleSheet(){let t=this.o,e=this.t;if(Tt&&t===void 0){let n=e!==void 0&&e.length===1;n&&(t=xe.get(e)),t===void 0&&((this.o=t=new CSSStyleSheet).replaceSync(this.cssText),n&&xe.set(e,t))}return t}toString(){return this.cssText}},we=s=>new ht(typeof s=="string"?s:s+"",void 0,Zt),M=(s,...t)=>{let e=s.length===1?s[0]:t.reduce((n,i,r)=>n+(o=>{if(o._$cssResult$===!0)return o.cssText;if(typeof o=="number")return o;throw Error("Value passed to 'css' function must be a 'css' function result: "+o+". Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.")})(i)+s[r+1],s[0]);return new ht(e,s,Zt)},Se=(s,t)=>{if(Tt)s.adoptedStyleSheets=t.map(e=>e instanceof CSSStyleSheet?e:e.styleSheet);else for(let e of t){let n=document.createElement("style"),i=kt.litNonce;i!==void 0&&n.setAttribute("nonce",i),n.textContent=e.cssText,s.appendChild(n)}},Qt=Tt?s=>s:s=>s instanceof CSSStyleSheet?(t=>{let e="";for(let n of t.cssRules)e+=n.cssText;return we(e)})(s):s;var{is:Mn,defineProperty:Rn,getOwnPropertyDescriptor:On,getOwnPropertyNames:Dn,getOwnPropertySymbols:Nn,getPrototypeOf:Pn}=Object,Ht=globalThis,Ae=Ht.trustedTypes,Un=Ae?Ae.emptyScript:"",Ln=Ht.reactiveElementPolyfillSupport,mt=(s,t)=>s,Xt={toAttribute(s,t){switch(t){case Boolean:s=s?Un:null;break;case Object:case Array:s=s==null?s:JSON.stringify(s)}return s},fromAttribute(s,t){let e=s;switch(t){case Boolean:e=s!==null;break;case Number:e=s===null?null:Number(s);break;case Object:case Array:try{e=JSON.parse(s)}catch{e=null}}return e}},Te=(s,t)=>!Mn(s,t),ke={attribute:!0,type:String,converter:Xt,reflect:!1,useDefault:!1,hasChanged:Te};Symbol.metadata??=Symbol("metadata"),Ht.litPropertyMetadata??=new WeakMap;var I=class extends HTMLElement{static addInitializer(t){this._$Ei(),(this.l??=[]).push(t)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(t,e=ke){if(e.state&&(e.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(t)&&((e=Object.create(e)).wrapped=!0),this.elementProperties.set(t,e),!e.noAccessor){let n=Symbol(),i=this.getPropertyDescriptor(t,n,e);i!==void 0&&Rn(this.prototype,t,i)}}static getPropertyDescriptor(t,e,n){let{get:i,set:r}=On(this.prototype,t)??{get(){return this[e]},set(o){this[e]=o}};return{get:i,set(o){let c=i?.call(this);r?.call(this,o),this.requestUpdate(t,c,n)},configurable:!0,enumerable:!0}}static getPropertyOptions(t){return this.elementProperties.get(t)??ke}static _$Ei(){if(this.hasOwnProperty(mt("elementProperties")))return;let t=Pn(this);t.finalize(),t.l!==void 0&&(this.l=[...t.l]),this.elementProperties=new Map(t.elementProperties)}static finalize(){if(this.hasOwnProperty(mt("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(mt("properties"))){let e=this.properties,n=[...Dn(e),...Nn(e)];for(let i of n)this.createProperty(i,e[i])}let t=this[Symbol.metadata];if(t!==null){let e=litPropertyMetadata.get(t);if(e!==void 0)for(let[n,i]of e)this.elementProperties.set(n,i)}this._$Eh=new Map;for(let[e,n]of this.elementProperties){let i=this._$Eu(e,n);i!==void 0&&this._$Eh.set(i,e)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(t){let e=[];if(Array.isArray(t)){let n=new Set(t.flat(1/0).reverse());for(let i of n)e.unshift(Qt(i))}else t!==void 0&&e.push(Qt(t));return e}static _$Eu(t,e){let n=e.attribute;return n===!1?void 0:typeof n=="string"?n:typeof t=="string"?t.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(t=>this.enableUpdating=t),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(t=>t(this))}addController(t){(this._$EO??=new Set).add(t),this.renderRoot!==void 0&&this.isConnected&&t.hostConnected?.()}removeController(t){this._$EO?.delete(t)}_$E_(){let t=new Map,e=this.constructor.elementProperties;for(let n of e.keys())this.hasOwnProperty(n)&&(t.set(n,this[n]),delete this[n]);t.size>0&&(this._$Ep=t)}createRenderRoot(){let t=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return Se(t,this.constructor.elementStyles),t}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(t=>t.hostConnected?.())}enableUpdating(t){}disconnectedCallback(){this._$EO?.forEach(t=>t.hostDisconnected?.())}attributeChangedCallback(t,e,n){this._$AK(t,n)}_$ET(t,e){let n=this.constructor.elementProperties.get(t),i=this.constructor._$Eu(t,n);if(i!==void 0&&n.reflect===!0){let r=(n.converter?.toAttribute!==void 0?n.converter:Xt).toAttribute(e,n.type);this._$Em=t,r==null?this.removeAttribute(i):this.setAttribute(i,r),this._$Em=null}}_$AK(t,e){let n=this.constructor,i=n._$Eh.get(t);if(i!==void 0&&this._$Em!==i){let r=n.getPropertyOptions(i),o=typeof r.converter=="function"?{fromAttribute:r.converter}:r.converter?.fromAttribute!==void 0?r.converter:Xt;this._$Em=i;let c=o.fromAttribute(e,r.type);this[i]=c??this._$Ej?.get(i)??c,this._$Em=null}}requestUpdate(t,e,n,i=!1,r){if(t!==void 0){let o=this.constructor;if(i===!1&&(r=this[t]),n??=o.getPropertyOptions(t),!((n.hasChanged??Te)(r,e)||n.useDefault&&n.reflect&&r===this._$Ej?.get(t)&&!this.hasAttribute(o._$Eu(t,n))))return;this.C(t,e,n)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(t,e,{useDefault:n,reflect:i,wrapped:r},o){n&&!(this._$Ej??=new Map).has(t)&&(this._$Ej.set(t,o??e??this[t]),r!==!0||o!==void 0)||(this._$AL.has(t)||(this.hasUpdated||n||(e=void 0),this._$AL.set(t,e)),i===!0&&this._$Em!==t&&(this._$Eq??=new Set).add(t))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(e){Promise.reject(e)}let t=this.scheduleUpdate();return t!=null&&await t,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[i,r]of this._$Ep)this[i]=r;this._$Ep=void 0}let n=this.constructor.elementProperties;if(n.size>0)for(let[i,r]of n){let{wrapped:o}=r,c=this[i];o!==!0||this._$AL.has(i)||c===void 0||this.C(i,void 0,r,c)}}let t=!1,e=this._$AL;try{t=this.shouldUpdate(e),t?(this.willUpdate(e),this._$EO?.forEach(n=>n.hostUpdate?.()),this.update(e)):this._$EM()}catch(n){throw t=!1,this._$EM(),n}t&&this._$AE(e)}willUpdate(t){}_$AE(t){this._$EO?.forEach(e=>e.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(t)),this.updated(t)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(t){return!0}update(t){this._$Eq&&=this._$Eq.forEach(e=>this._$ET(e,this[e])),this._$EM()}updated(t){}firstUpdated(t){}};I.elementStyles=[],I.shadowRootOptions={mode:"open"},I[mt("elementProperties")]=new Map,I[mt("finalized")]=new Map,Ln?.({ReactiveElement:I}),(Ht.reactiveElementVersions??=[]).push("2.1.2");var ee=globalThis,He=s=>s,Et=ee.trustedTypes,Ee=Et?Et.createPolicy("lit-html",{createHTML:s=>s}):void 0,ne="$lit$",F=`lit$${Math.random().toFixed(9).slice(2)}$`,se="?"+F,In=`<${se}>`,Q=document,gt=()=>Q.createComment(""),yt=s=>s===null||typeof s!="object"&&typeof s!="function",ie=Array.isArray,Ne=s=>ie(s)||typeof s?.[Symbol.iterator]=="function",te=`[ 	
\f\r]`,ft=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Ce=/-->/g,Me=/>/g,Y=RegExp(`>|${te}(?:([^\\s"'>=/]+)(${te}*=${te}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),Re=/'/g,Oe=/"/g,Pe=/^(?:script|style|textarea|title)$/i,re=s=>(t,...e)=>({_$litType$:s,strings:t,values:e}),p=re(1),Ws=re(2),Bs=re(3),O=Symbol.for("lit-noChange"),f=Symbol.for("lit-nothing"),De=new WeakMap,Z=Q.createTreeWalker(Q,129);function Ue(s,t){if(!ie(s)||!s.hasOwnProperty("raw"))throw Error("invalid template strings array");return Ee!==void 0?Ee.createHTML(t):t}var Le=(s,t)=>{let e=s.length-1,n=[],i,r=t===2?"<svg>":t===3?"<math>":"",o=ft;for(let c=0;c<e;c++){let a=s[c],l,h,d=-1,u=0;for(;u<a.length&&(o.lastIndex=u,h=o.exec(a),h!==null);)u=o.lastIndex,o===ft?h[1]==="!--"?o=Ce:h[1]!==void 0?o=Me:h[2]!==void 0?(Pe.test(h[2])&&(i=RegExp("</"+h[2],"g")),o=Y):h[3]!==void 0&&(o=Y):o===Y?h[0]===">"?(o=i??ft,d=-1):h[1]===void 0?d=-2:(d=o.lastIndex-h[2].length,l=h[1],o=h[3]===void 0?Y:h[3]==='"'?Oe:Re):o===Oe||o===Re?o=Y:o===Ce||o===Me?o=ft:(o=Y,i=void 0);let m=o===Y&&s[c+1].startsWith("/>")?" ":"";r+=o===ft?a+In:d>=0?(n.push(l),a.slice(0,d)+ne+a.slice(d)+F+m):a+F+(d===-2?c:m)}return[Ue(s,r+(s[e]||"<?>")+(t===2?"</svg>":t===3?"</math>":"")),n]},bt=class s{constructor({strings:t,_$litType$:e},n){let i;this.parts=[];let r=0,o=0,c=t.length-1,a=this.parts,[l,h]=Le(t,e);if(this.el=s.createElement(l,n),Z.currentNode=this.el.content,e===2||e===3){let d=this.el.content.firstChild;d.replaceWith(...d.childNodes)}for(;(i=Z.nextNode())!==null&&a.length<c;){if(i.nodeType===1){if(i.hasAttributes())for(let d of i.getAttributeNames())if(d.endsWith(ne)){let u=h[o++],m=i.getAttribute(d).split(F),g=/([.?@])?(.*)/.exec(u);a.push({type:1,index:r,name:g[2],strings:m,ctor:g[1]==="."?Mt:g[1]==="?"?Rt:g[1]==="@"?Ot:tt}),i.removeAttribute(d)}else d.startsWith(F)&&(a.push({type:6,index:r}),i.removeAttribute(d));if(Pe.test(i.tagName)){let d=i.textContent.split(F),u=d.length-1;if(u>0){i.textContent=Et?Et.emptyScript:"";for(let m=0;m<u;m++)i.append(d[m],gt()),Z.nextNode(),a.push({type:2,index:++r});i.append(d[u],gt())}}}else if(i.nodeType===8)if(i.data===se)a.push({type:2,index:r});else{let d=-1;for(;(d=i.data.indexOf(F,d+1))!==-1;)a.push({type:7,index:r}),d+=F.length-1}r++}}static createElement(t,e){let n=Q.createElement("template");return n.innerHTML=t,n}};function X(s,t,e=s,n){if(t===O)return t;let i=n!==void 0?e._$Co?.[n]:e._$Cl,r=yt(t)?void 0:t._$litDirective$;return i?.constructor!==r&&(i?._$AO?.(!1),r===void 0?i=void 0:(i=new r(s),i._$AT(s,e,n)),n!==void 0?(e._$Co??=[])[n]=i:e._$Cl=i),i!==void 0&&(t=X(s,i._$AS(s,t.values),i,n)),t}var Ct=class{constructor(t,e){this._$AV=[],this._$AN=void 0,this._$AD=t,this._$AM=e}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(t){let{el:{content:e},parts:n}=this._$AD,i=(t?.creationScope??Q).importNode(e,!0);Z.currentNode=i;let r=Z.nextNode(),o=0,c=0,a=n[0];for(;a!==void 0;){if(o===a.index){let l;a.type===2?l=new ct(r,r.nextSibling,this,t):a.type===1?l=new a.ctor(r,a.name,a.strings,this,t):a.type===6&&(l=new Dt(r,this,t)),this._$AV.push(l),a=n[++c]}o!==a?.index&&(r=Z.nextNode(),o++)}return Z.currentNode=Q,i}p(t){let e=0;for(let n of this._$AV)n!==void 0&&(n.strings!==void 0?(n._$AI(t,n,e),e+=n.strings.length-2):n._$AI(t[e])),e++}},ct=class s{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(t,e,n,i){this.type=2,this._$AH=f,this._$AN=void 0,this._$AA=t,this._$AB=e,this._$AM=n,this.options=i,this._$Cv=i?.isConnected??!0}get parentNode(){let t=this._$AA.parentNode,e=this._$AM;return e!==void 0&&t?.nodeType===11&&(t=e.parentNode),t}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(t,e=this){t=X(this,t,e),yt(t)?t===f||t==null||t===""?(this._$AH!==f&&this._$AR(),this._$AH=f):t!==this._$AH&&t!==O&&this._(t):t._$litType$!==void 0?this.$(t):t.nodeType!==void 0?this.T(t):Ne(t)?this.k(t):this._(t)}O(t){return this._$AA.parentNode.insertBefore(t,this._$AB)}T(t){this._$AH!==t&&(this._$AR(),this._$AH=this.O(t))}_(t){this._$AH!==f&&yt(this._$AH)?this._$AA.nextSibling.data=t:this.T(Q.createTextNode(t)),this._$AH=t}$(t){let{values:e,_$litType$:n}=t,i=typeof n=="number"?this._$AC(t):(n.el===void 0&&(n.el=bt.createElement(Ue(n.h,n.h[0]),this.options)),n);if(this._$AH?._$AD===i)this._$AH.p(e);else{let r=new Ct(i,this),o=r.u(this.options);r.p(e),this.T(o),this._$AH=r}}_$AC(t){let e=De.get(t.strings);return e===void 0&&De.set(t.strings,e=new bt(t)),e}k(t){ie(this._$AH)||(this._$AH=[],this._$AR());let e=this._$AH,n,i=0;for(let r of t)i===e.length?e.push(n=new s(this.O(gt()),this.O(gt()),this,this.options)):n=e[i],n._$AI(r),i++;i<e.length&&(this._$AR(n&&n._$AB.nextSibling,i),e.length=i)}_$AR(t=this._$AA.nextSibling,e){for(this._$AP?.(!1,!0,e);t!==this._$AB;){let n=He(t).nextSibling;He(t).remove(),t=n}}setConnected(t){this._$AM===void 0&&(this._$Cv=t,this._$AP?.(t))}},tt=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(t,e,n,i,r){this.type=1,this._$AH=f,this._$AN=void 0,this.element=t,this.name=e,this._$AM=i,this.options=r,n.length>2||n[0]!==""||n[1]!==""?(this._$AH=Array(n.length-1).fill(new String),this.strings=n):this._$AH=f}_$AI(t,e=this,n,i){let r=this.strings,o=!1;if(r===void 0)t=X(this,t,e,0),o=!yt(t)||t!==this._$AH&&t!==O,o&&(this._$AH=t);else{let c=t,a,l;for(t=r[0],a=0;a<r.length-1;a++)l=X(this,c[n+a],e,a),l===O&&(l=this._$AH[a]),o||=!yt(l)||l!==this._$AH[a],l===f?t=f:t!==f&&(t+=(l??"")+r[a+1]),this._$AH[a]=l}o&&!i&&this.j(t)}j(t){t===f?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,t??"")}},Mt=class extends tt{constructor(){super(...arguments),this.type=3}j(t){this.element[this.name]=t===f?void 0:t}},Rt=class extends tt{constructor(){super(...arguments),this.type=4}j(t){this.element.toggleAttribute(this.name,!!t&&t!==f)}},Ot=class extends tt{constructor(t,e,n,i,r){super(t,e,n,i,r),this.type=5}_$AI(t,e=this){if((t=X(this,t,e,0)??f)===O)return;let n=this._$AH,i=t===f&&n!==f||t.capture!==n.capture||t.once!==n.once||t.passive!==n.passive,r=t!==f&&(n===f||i);i&&this.element.removeEventListener(this.name,this,n),r&&this.element.addEventListener(this.name,this,t),this._$AH=t}handleEvent(t){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,t):this._$AH.handleEvent(t)}},Dt=class{constructor(t,e,n){this.element=t,this.type=6,this._$AN=void 0,this._$AM=e,this.options=n}get _$AU(){return this._$AM._$AU}_$AI(t){X(this,t)}},Ie={M:ne,P:F,A:se,C:1,L:Le,R:Ct,D:Ne,V:X,I:ct,H:tt,N:Rt,U:Ot,B:Mt,F:Dt},Fn=ee.litHtmlPolyfillSupport;Fn?.(bt,ct),(ee.litHtmlVersions??=[]).push("3.3.3");var Fe=(s,t,e)=>{let n=e?.renderBefore??t,i=n._$litPart$;if(i===void 0){let r=e?.renderBefore??null;n._$litPart$=i=new ct(t.insertBefore(gt(),r),r,void 0,e??{})}return i._$AI(s),i};var oe=globalThis,q=class extends I{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let t=super.createRenderRoot();return this.renderOptions.renderBefore??=t.firstChild,t}update(t){let e=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(t),this._$Do=Fe(e,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return O}};q._$litElement$=!0,q.finalized=!0,oe.litElementHydrateSupport?.({LitElement:q});var jn=oe.litElementPolyfillSupport;jn?.({LitElement:q});(oe.litElementVersions??=[]).push("4.2.2");var zn=["en","de","fr","it"],ae=new Map,qn=s=>{let t=s.split("-")[0]??"en";return zn.includes(t)?t:"en"},ce=s=>{let t=qn(s),e=ae.get(t);return e===void 0&&(e=fetch(new URL(`../texts/${t}.json`,import.meta.url)).then(n=>{if(!n.ok)throw new Error(`texts/${t}.json: ${n.status}`);return n.json()}),e.catch(()=>ae.delete(t)),ae.set(t,e)),e},W=(s,t={})=>s.replace(/\{(\w+)\}/g,(e,n)=>String(t[n]??"")),v=(s,t,e)=>W(s.cards[t]??t,e),je=s=>ce(s.language);var Wn=1e3,Bn=5e3,Nt,de=!1,Kn=s=>{if(s.connected===!1)return de||(Nt=s.states),de=!0,s;if(de=!1,Nt===void 0)return s;let t=Nt,e=Object.entries(s.states),n=e.filter(([i,r])=>r!==t[i]);return n.length===e.length&&(Nt=void 0),{...s,states:Object.fromEntries(n)}},A=class extends q{constructor(){super(...arguments);this.config={type:""};this.#e="";this.#s=Number.NEGATIVE_INFINITY;this.#r=!1;this.#o=()=>{this.#a(),document.hidden||this.requestUpdate()};this.#a=()=>{let e=!document.hidden&&this.isConnected&&this.counting();e&&this.#n===void 0?this.#n=setInterval(()=>this.requestUpdate(),1e3):e||(clearInterval(this.#n),this.#n=void 0),document.hidden&&(clearTimeout(this.#i),this.#i=void 0)}}#t;#e;#s;#i;#n;#r;setConfig(e){this.config=e,this.requestUpdate()}get hass(){return this.#t}set hass(e){let n=this.#t,i=e&&Kn(e);this.#t=i,i!==void 0&&(i.language!==this.#e&&this.#c(i),(n===void 0||this.#d(n,i))&&this.draw())}draw(){if(this.#i!==void 0||document.hidden)return;let e=this.#s+Wn-performance.now();if(e<=0){this.requestUpdate();return}this.#i=setTimeout(()=>{this.#i=void 0,this.requestUpdate()},e)}counting(){return!1}say(e,n){return this.texts===void 0?"":v(this.texts,e,n)}connectedCallback(){super.connectedCallback(),document.addEventListener("visibilitychange",this.#o),setTimeout(()=>{this.#r=!0,this.texts===void 0&&this.requestUpdate()},Bn),this.requestUpdate()}disconnectedCallback(){super.disconnectedCallback(),document.removeEventListener("visibilitychange",this.#o),clearTimeout(this.#i),this.#i=void 0,clearInterval(this.#n),this.#n=void 0}render(){this.#s=performance.now();let{texts:e}=this,n=this.#t;return n===void 0||e===void 0?p`<ha-card aria-busy="true">
 <div class="blank"></div><div class="blank short"></div>
 ${this.#r?p`<p>Waiting for Home Assistant…</p>`:f}
 </ha-card>`:n.connected===!1?p`<ha-card><p class="secondary">${this.say("waiting")}</p></ha-card>`:this.show(n,e)}updated(){this.#a()}#o;#a;async#c(e){this.#e=e.language;try{this.texts=await je(e)}catch{this.#e="";return}this.requestUpdate()}#d(e,n){if(e.entities!==n.entities||e.devices!==n.devices||e.locale!==n.locale||e.formatEntityState!==n.formatEntityState||e.connected!==n.connected)return!0;for(let i of this.watched(n))if(e.states[i]!==n.states[i])return!0;return!1}static{this.styles=M`
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
 `}};var Pt=s=>s===void 0||s.state==="unavailable",x=s=>s!==void 0&&s.state!=="unavailable"&&s.state!=="unknown",w=s=>{if(!x(s))return;let t=Number(s.state);return Number.isFinite(t)?t:void 0},j=s=>{let t=w(s);if(t===void 0)return;let e={W:1,kW:1e3,MW:1e6,mW:.001}[String(s?.attributes.unit_of_measurement)];return e===void 0?void 0:t*e},E=(s,t)=>{s.dispatchEvent(new CustomEvent("hass-more-info",{bubbles:!0,composed:!0,detail:{entityId:t}}))},R=s=>{history.pushState(null,"",s),window.dispatchEvent(new CustomEvent("location-changed",{detail:{replace:!1}}))};var H="meters_and_chargers",et=s=>s?.name_by_user||s?.name||"",ze=new WeakMap,_t=s=>{let t=ze.get(s.entities);return t===void 0&&(t=Gn(s),ze.set(s.entities,t)),t},Gn=s=>{let t=new Map;for(let e of Object.values(s.entities)){if(e.platform!==H||e.hidden||!e.device_id)continue;let n=t.get(e.device_id)??{},i=e.translation_key??"";n[i]=[...n[i]??[],e.entity_id],t.set(e.device_id,n)}for(let e of t.values())for(let n of Object.values(e))n.sort();return t},qe=(s,t)=>[..._t(s)].filter(([e,n])=>t in n&&e in s.devices).map(([e,n])=>({device:e,name:et(s.devices[e]),entities:n})).sort((e,n)=>e.name.localeCompare(n.name,s.language)),B=s=>qe(s,"charge_mode"),C=s=>qe(s,"surplus"),Jn=["power","current_phase"],$t=(s,t)=>{let e=new Map;for(let[r,o]of _t(s)){let c=s.devices[r],a=c?.parent_device_id,l="charge_mode"in o||"connector_status"in o;if(!a||!("power"in o)||l)continue;let h=s.devices[a];if(t&&a!==t&&h?.via_device_id!==t)continue;let d=e.get(a)??{device:a,name:et(h),circuits:[]},u=Jn.flatMap(g=>o[g]??[]),m=et(c);d.circuits.push({device:r,name:m,entities:o,module:a,shown:u}),e.set(a,d)}let n=new Intl.Collator(s.language,{numeric:!0}),i=(r,o)=>n.compare(r.name,o.name);for(let r of e.values())r.circuits.sort(i);return[...e.values()].sort(i)},y=(s,t,e)=>{let[n]=t?.entities[e]??[];return n===void 0?void 0:s.states[n]},vt=(s,t)=>["stale","lost"].includes(y(s,t,"grid_data_state")?.state??""),Ut=(s,t,e)=>(t.entities[e]??[]).map(n=>s.states[n]).filter(x),We=async s=>{let[t,...e]=C(s),n=t===void 0?[]:B(s);if(t!==void 0&&e.length===0)return new Map(n.map(c=>[c.device,t.device]));if(n.length===0)return new Map;let i=n.map(c=>c.entities.charge_mode?.[0]??""),r=await s.callWS({type:"config/entity_registry/get_entries",entity_ids:i}),o=new Map(C(s).map(c=>[s.devices[c.device]?.primary_config_entry,c.device]));return new Map(n.flatMap((c,a)=>{let l=o.get(r[i[a]??""]?.config_entry_id??void 0);return l===void 0?[]:[[c.device,l]]}))};var L={};Cn(L,{clock:()=>Yn,countdown:()=>ue,current:()=>k,date:()=>wt,daysAhead:()=>le,energy:()=>N,money:()=>K,month:()=>Lt,number:()=>S,percent:()=>P,power:()=>D,time:()=>dt,weekday:()=>St});var Vn=s=>({comma_decimal:["en-US","en"],decimal_comma:["de","es","it"],quote_decimal:["de-CH"],space_comma:["fr","sv","cs"],none:["en-US"],system:void 0})[s.number_format??""]??(s.number_format==="system"?void 0:s.language),Be=new Map,Ke=(s,t)=>{let e=`${s.number_format} ${s.language} ${Object.values(t)}`,n=Be.get(e);return n===void 0&&(n=new Intl.NumberFormat(Vn(s),t),Be.set(e,n)),n},S=(s,t,e=0,n=e)=>Ke(s.locale,{minimumFractionDigits:n,maximumFractionDigits:e,useGrouping:s.locale.number_format!=="none"}).format(Object.is(Math.round(t*10**e),-0)?0:t),nt=(s,t)=>s+"\xA0"+t,D=(s,t)=>{let e=Math.abs(t);return e<995?nt(S(s,Math.round(t/10)*10),"W"):nt(S(s,t/1e3,e<99950?1:0),"kW")},k=(s,t,e=1)=>nt(S(s,t,e,0),"A"),N=(s,t,e=1)=>t>=1e4?nt(S(s,t/1e3,1),"MWh"):nt(S(s,t,t<100?e:0),"kWh"),P=(s,t)=>nt(S(s,t>99&&t<100?99:t),"%"),K=(s,t,e)=>{let n=e||s.config.currency;return!n||!/^[A-Z]{3}$/.test(n)?nt(S(s,t,2),n??""):Ke(s.locale,{style:"currency",currency:n}).format(t)},xt=(s,t)=>{let{locale:e,config:n}=s,i=e.time_format==="12"?!0:e.time_format==="24"?!1:void 0;return new Intl.DateTimeFormat(e.time_format==="system"?void 0:s.language,{...t,...t.hour?{hour12:i}:{},timeZone:t.timeZone??(e.time_zone==="local"?void 0:n.time_zone)})},dt=(s,t,e)=>{let{hour12:n}=xt(s,{hour:"numeric"}).resolvedOptions();return xt(s,{hour:n?"numeric":"2-digit",minute:"2-digit",timeZone:e}).format(t)},Yn=(s,t)=>dt(s,new Date(`2024-01-01T${t}Z`),"UTC"),wt=(s,t)=>xt(s,{day:"numeric",month:"short"}).format(t),Lt=(s,t)=>xt(s,{month:"long",year:"numeric"}).format(t),St=(s,t,e)=>xt(s,{weekday:e}).format(t),le=(s,t,e)=>{let n=i=>{let r=Object.fromEntries(new Intl.DateTimeFormat("en-US",{year:"numeric",month:"numeric",day:"numeric",timeZone:s.locale.time_zone==="local"?void 0:s.config.time_zone}).formatToParts(i).map(o=>[o.type,Number(o.value)]));return Date.UTC(r.year??0,(r.month??1)-1,r.day??1)};return Math.round((n(t)-n(e))/864e5)},ue=s=>`${Math.floor(s/60)}:${String(Math.floor(s%60)).padStart(2,"0")}`;var Zn=1e4,Ge=8e3,Qn=(s,t)=>s===t||s!==""&&t!==""&&Number(s)===Number(t),Je=s=>{let t=new Map,e={text:"",until:0},n=r=>{e={text:r,until:Date.now()+Ge},s.requestUpdate()},i=()=>{for(let[r,{value:o,until:c,label:a}]of t){let l=s.hass?.states[r];l!==void 0&&Qn(l.state,o)?t.delete(r):Date.now()>c&&(t.delete(r),e={text:s.say("not_accepted",{value:a}),until:Date.now()+Ge})}Date.now()>e.until&&(e.text="")};return{async send({entity:r,value:o,label:c,call:a}){e.text="",o!==void 0&&t.set(r,{value:o,label:c??o,until:Date.now()+Zn}),s.requestUpdate();try{await a()}catch(l){t.delete(r),n(l.message??s.say("not_accepted",{value:c??""}))}},value(r){return i(),t.get(r.entity_id)?.value??r.state},pending:r=>t.has(r.entity_id),waiting:()=>t.size>0||e.text!=="",refusal(){return i(),e.text}}},It=30,pe=(s,t,e)=>s.callService(H,"boost",{minutes:e},{entity_id:t},!1),he=(s,t,e=It)=>(t.units.min??"").replace("{value}",S(s,e)),Ve=(s,t,e)=>s.callService("select","select_option",{option:e},{entity_id:t},!1),me=(s,t,e,{label:n,icons:i={}})=>{let r=e.attributes.options??[],o=s.value(e),c=x(e),a=Math.max(r.indexOf(o),0),l=d=>{d!==o&&s.send({entity:e.entity_id,value:d,label:t.formatEntityState(e,d),call:()=>Ve(t,e.entity_id,d)})},h=d=>{let u={ArrowRight:1,ArrowDown:1,ArrowLeft:-1,ArrowUp:-1}[d.key],m=u&&r[(a+u+r.length)%r.length];if(!m)return;d.preventDefault(),l(m),d.currentTarget.querySelector(`[data-option="${m}"]`)?.focus()};return p`<div
 role="radiogroup"
 class=${s.pending(e)?"pending":""}
 aria-label=${n}
 @keydown=${h}
 >
 ${r.map((d,u)=>p`<button
 role="radio"
 data-option=${d}
 aria-checked=${d===o}
 tabindex=${u===a?0:-1}
 ?disabled=${!c}
 @click=${()=>l(d)}
 >
 ${i[d]?p`<ha-icon aria-hidden="true" icon=${i[d]}></ha-icon>`:f}
 <span>${t.formatEntityState(e,d)}</span>
 </button>`)}
 </div>`},Ye=(s,t,e,n)=>{let{min:i=0,max:r=32,step:o=1}=e.attributes,c=Math.max(o,1),a=x(e)?Number(s.value(e)):void 0,l=a!==void 0&&w(e)!==void 0,h=b=>{let _=Math.min(r,Math.max(i,Math.round(b/o)*o));s.send({entity:e.entity_id,value:String(_),label:n.spoken(_),call:()=>t.callService("number","set_value",{value:_},{entity_id:e.entity_id},!1)})},d=b=>h(Number(b.target.value)),u=b=>{let _=b.target,T=_.parentElement?.querySelector("output");T&&(T.textContent=n.value(Number(_.value)))},m=({type:b,target:_})=>_.parentElement?.querySelector("output")?.setAttribute("aria-live",b==="focus"?"off":"polite"),g=(b,_,T)=>p`<button
 aria-label=${`${n.label}: ${_}`}
 ?disabled=${!l||(b<0?a<=i:a>=r)}
 @click=${()=>h((a??i)+b)}
 >${T}</button>`;return p`<div class="slider ${s.pending(e)?"pending":""}">
 ${g(-c,n.less,"\u2212")}
 <input
 type="range"
 aria-label=${n.label}
 aria-valuetext=${l?n.spoken(a):"\u2013"}
 min=${i}
 max=${r}
 step=${c}
 .value=${String(a??i)}
 ?disabled=${!l}
 @focus=${m}
 @blur=${m}
 @input=${u}
 @change=${d}
 />
 ${g(c,n.more,"+")}
 <output class="num" .textContent=${l?n.value(a):"\u2013"}></output>
 </div>`};var Xn={have:"power",power:"power",grid:"power",cap:"power",need:"power",free:"current",limit:"current",current:"current",energy:"energy",target:"energy",age:"duration",late:"duration",left:"duration",until:"time",start:"time",ready:"time",since:"time",price:"price",max_price:"price",soc:"percent",phases:"phases",circuit:"word",charger:"word",phase:"word",count:"word"},ts={fuse_full:{need:"current"},fuse_resume:{need:"current"},battery_first:{target:"percent"}},es=30,st=(s,t)=>{let e=(r,o)=>W(s.units[r]??"",{value:o});if(t<60)return e("s",Math.round(t));let n=Math.round(t/60),i=[];return n>=60&&i.push(e("h",Math.floor(n/60))),n%60&&i.push(e("min",n%60)),i.join("\xA0")},Ft=(s,t,e)=>{let{since:n}=t.attributes;if(typeof n=="string")return st(s,Math.max(0,(e.getTime()-Date.parse(n))/1e3))},z=(s,t,e,n)=>{let i=le(s,e,n),o={"-1":"yesterday",0:"today",1:"tomorrow"}[i]??(i>0&&i<7?"week":"later"),c=dt(s,e);return o==="yesterday"?v(t,"yesterday",{time:c}):o==="later"?`${wt(s,e)} ${c}`:W(t.times[o]??"{time}",{time:c,weekday:St(s,e,"short")})},Ze=(s,t,e)=>{let n=(t.getTime()-e.getTime())/1e3;return n<600?ue(n):st(s,n)},ns=(s,t,e,n,i)=>{let r=Number(n);switch(e){case"power":return D(s,r);case"current":return k(s,r);case"energy":return N(s,r);case"duration":return st(t,r);case"percent":return P(s,r);case"time":return z(s,t,new Date(String(n)),i);case"phases":return t.phases[String(n)]??String(n);case"price":return W(t.units.price??"{value}",{value:S(s,r,3,2),currency:s.config.currency??""});default:return String(n)}},Qe=(s,t)=>s.split(", ").filter(e=>[...e.matchAll(/\{(\w+)\}/g)].every(([,n])=>(n??"")in t)).map(e=>W(e,t).replace(/ {2,}/g," ").trim()).filter(e=>e!=="").join(", "),Xe=(s,t,e,n)=>{let i={phase:""};for(let[r,o]of Object.entries(e.attributes)){let c=ts[e.state]?.[r]??Xn[r];c===void 0||o===null||r==="grid"&&Number(o)<=es||(i[r]=ns(s,t,c,o,n))}return i},tn=(s,t,e,n,i)=>{if(!x(e))return{key:"",sentence:v(t,"no_reason"),severity:"wait",counts:!1};let r=e.state,o=t.tails[r]??"",c=Xe(s,t,e,i),a=x(n)?n.state:e.attributes.until,l=typeof a=="string"?new Date(a):void 0,h=o.includes("{left}")&&l!==void 0;h&&(c.left=Ze(t,l,i));let d=s.formatEntityState(e),u=h&&l<=i?v(t,"any_moment"):Qe(o,c),g=[...o.matchAll(/\{(left|until|start|ready)\}/g)].some(([,_])=>(_??"")in c),b=l===void 0||g||l<=i?void 0:ss(s,t,e.attributes.next,l,i);return{key:r,sentence:u?W(t.sentence.with_tail,{head:d,tail:u}):W(t.sentence.without_tail,{head:d}),severity:String(e.attributes.severity??"wait"),next:b,counts:h||b!==void 0}},ss=(s,t,e,n,i)=>{if(typeof e!="string")return;let r=z(s,t,n,i),o={left:Ze(t,n,i),ready:r,start:r,until:r};return v(t,`next_${e}`,o)};var en=["mon","tue","wed","thu","fri","sat","sun"],nn=s=>x(s)&&s.attributes.plan||void 0,sn=(s,t,e)=>St(s,new Date(Date.UTC(2024,0,1+t,12)),e),rn=(s,t,e,n)=>{let i=nn(e);if(i===void 0)return v(t,"no_plan");let r=i.charge_level===void 0?N(s,i.energy_kwh??0):P(s,i.charge_level),o=z(s,t,new Date(i.ready_at),n),c=(i.repeat??[]).map(l=>sn(s,en.indexOf(l),"short")),a=v(t,"plan",{target:r,ready:o});return c.length>0?`${a} \xB7 ${c.join(", ")}`:a};var is={off:"mdi:power",solar:"mdi:white-balance-sunny",min_solar:"mdi:sun-clock",fast:"mdi:flash"},on={no_vehicle:"mdi:ev-plug-type2",blocked:"mdi:lock-outline",waiting_surplus:"mdi:timer-sand",start_delay:"mdi:timer-play-outline",starting:"mdi:timer-play-outline",charging:"mdi:lightning-bolt",limited:"mdi:gauge-low",stop_delay:"mdi:timer-stop-outline",switching_phases:"mdi:sine-wave",paused_fuse:"mdi:fuse-alert",failsafe:"mdi:shield-alert",finished:"mdi:check-circle-outline",fault:"mdi:alert-octagon"},fe=["mode","slider","plan","session"],rs=["mode","slider","phases","boost","plan","session"],os=1,as=50,an=(s,t)=>{let e=_t(s).get(t);if(!(e===void 0||!("charge_mode"in e)))return{device:t,name:et(s.devices[t]),entities:e}},cs=(s,t)=>{let e=y(s,t,"charger_state")?.attributes??{},n=e.current_entities,i=(Array.isArray(n)?n.map(l=>s.states[l]):Ut(s,t,"current_phase")).map(w).filter(l=>l!==void 0),r=i.map(Math.abs).filter(l=>l>os),o=typeof e.power_entity=="string"?e.power_entity:t.entities.power?.[0],c=o===void 0?void 0:j(s.states[o]),a=i.length>0?230*r.reduce((l,h)=>l+h,0):void 0;return{entity:o,power:c??a,reckoned:c===void 0,phases:r.length,current:r.length>0?Math.max(...r):void 0}},jt=class extends A{#t=Je(this);#e=!1;#s=!1;#i;#n;#r="";#o="";watched(t){let e=an(t,String(this.config.device));if(e===void 0)return[];let n=y(t,e,"charger_state")?.attributes??{};return[...Object.values(e.entities).flat(),...[n.power_entity,n.current_entities].flat().map(String),...(this.#s?C(t):[]).flatMap(i=>Object.values(i.entities).flat())]}counting(){return this.#e||this.#s||this.#t.waiting()}#a=async()=>{this.#s=!this.#s,this.#i??=(await import("./explain.js")).explain,this.requestUpdate()};#c(t){return(this.config.show??fe).includes(t)}show(t,e){let n=an(t,String(this.config.device));if(n===void 0)return p`<ha-card>
 <p>${this.say("no_charger_here")}</p>
 ${this.#$(`/config/integrations/integration/${H}`,"add_charger")}
 </ha-card>`;let i=new Date,r=y(t,n,"charger_state"),o=y(t,n,"reason"),c=y(t,n,"next_change"),a=tn(t,e,o,c,i);this.#e=a.counts,a.key!==this.#o&&(this.#o=a.key,this.#r=a.sentence);let l=this.config.name||n.name,h=String(this.config.view??`/config/devices/device/${n.device}`),d=r?.state==="failsafe"||a.severity==="fault",u=!!this.config.compact,m=a.key==="charger_offline";return p`<ha-card class="${d?a.severity:""} ${u?"compact":""}">
 <section aria-labelledby="title">
 <div class="head">
 <h2 id="title">
 <button class="text" @click=${()=>R(h)}>
 ${l}
 </button>
 </h2>
 ${u?this.#u(t,e,n):f}
 ${this.#d(t,r,m)}
 </div>
 ${u?f:p`<div class="head">${this.#u(t,e,n)}${m?f:this.#l(t,n)}</div>`}
 <button class="text reason" aria-expanded=${this.#s} @click=${this.#a}>
 ${d?p`<ha-icon aria-hidden="true" icon=${on[r?.state??""]??"mdi:alert"}></ha-icon>`:f}
 ${a.sentence}
 </button>
 <div class="hidden" role="status" aria-live="polite">${this.#r}</div>
 ${a.next?p`<p class="secondary num">${a.next}</p>`:f}
 ${this.#s?this.#i?.(this,this.#t,t,e,n,i):f}
 ${u?f:this.#p(t,e,n,l,i)}
 <p role="status" class="refused">${this.#t.refusal()}</p>
 </section>
 </ha-card>`}#d(t,e,n){if(!x(e))return p`<span class="state">${this.say(Pt(e)?"no_contact":"not_yet")}</span>`;let i=n?"mdi:lan-disconnect":on[e.state];return p`<button
 class="text state"
 @click=${()=>E(this,e.entity_id)}
 >
 <ha-icon aria-hidden="true" icon=${i??"mdi:ev-station"}></ha-icon>
 ${n?this.say("no_contact"):t.formatEntityState(e)}
 </button>`}#l(t,e){let n=y(t,e,"session_solar_share"),i=w(n);return n===void 0||i===void 0?f:p`<button class="text num sun" @click=${()=>E(this,n.entity_id)}>
 ${this.say("sun_share",{share:P(t,i)})}
 </button>`}#u(t,e,n){let{entity:i,power:r,reckoned:o,phases:c,current:a}=cs(t,n),l=[];r!==void 0&&l.push(`${o?"\u2248 ":""}${D(t,Math.max(r,0))}`);let h=r===void 0||r>as;c>0&&a!==void 0&&h&&l.push(e.phases[c]??"",k(t,a));let d=y(t,n,"charging_current"),u=w(d);a===void 0&&u!==void 0&&(h||u>0)&&l.push(this.say("limit",{current:k(t,u)}));let m=i??d?.entity_id;return this.config.compact&&l.splice(1),l.length===0?p`<p class="figures">–</p>`:p`<button
 class="text figures num"
 ?disabled=${m===void 0}
 @click=${()=>m&&E(this,m)}
 >${l.join(" \xB7 ")}</button>`}#p(t,e,n,i,r){let o={mode:()=>this.#h(t,n,i),slider:()=>this.#g(t,n,i),phases:()=>this.#f(t,n,i),boost:()=>this.#y(t,e,n,r),plan:()=>this.#b(t,e,n,r),session:()=>this.#_(t,e,n,r)};return rs.filter(c=>this.#c(c)).map(c=>o[c]?.())}#h(t,e,n){let i=y(t,e,"charge_mode");return i===void 0?f:y(t,e,"reason")?.state==="observe"?this.#m(t):me(this.#t,t,i,{label:this.say("mode_of",{name:n}),icons:is})}#m(t){let n=[..._t(t).values()].flatMap(r=>r.observe??[]).filter(r=>t.states[r]?.state==="on"),i=()=>Promise.all(n.map(r=>t.callService("switch","turn_off",{},{entity_id:r})));return p`<div class="row">
 <span>${this.say("observing")}</span>
 ${n.length===1?p`<button @click=${i}>${this.say("take_control")}</button>`:f}
 </div>`}#f(t,e,n){let i=y(t,e,"phases");return i===void 0?f:me(this.#t,t,i,{label:this.say("phases_of",{name:n})})}#g(t,e,n){let i=y(t,e,"max_current");return i===void 0?f:Ye(this.#t,t,i,{label:this.say("max_current_of",{name:n}),value:r=>this.say("max",{current:k(t,r)}),spoken:r=>k(t,r),less:this.say("less"),more:this.say("more")})}#y(t,e,n,i){let r=n.entities.charge_mode?.[0];if(r===void 0)return f;let o=y(t,n,"charger_state")?.attributes.boost_until,c=typeof o=="string"?Math.max(0,Math.ceil((Date.parse(o)-i.getTime())/6e4)):void 0,a=()=>pe(t,r,c===void 0?It:0);return p`<button @click=${()=>this.#t.send({entity:r,call:a})}>
 <ha-icon aria-hidden="true" icon="mdi:rocket-launch-outline"></ha-icon>
 ${this.say(c===void 0?"boost":"stop_boost",{left:he(t,e,c)})}
 </button>`}#b(t,e,n,i){if(!("target_energy"in n.entities))return f;let r=async()=>{this.#n??=(await import("./plan.js")).planDialog,this.requestUpdate(),await this.updateComplete,this.renderRoot.querySelector("dialog")?.showModal(),this.renderRoot.querySelector("dialog form")?.dispatchEvent(new Event("change"))};return p`<div class="row plan">
 <ha-icon aria-hidden="true" icon="mdi:flag-checkered"></ha-icon>
 <span>${rn(t,e,y(t,n,"charger_state"),i)}</span>
 <button class="link" @click=${r}>${this.say("edit_plan")}</button>
 </div>
 ${this.#n?.(this,t,e,n,i)??f}`}#_(t,e,n,i){let r=y(t,n,"session_energy"),o=w(r);if(r===void 0||o===void 0)return f;let c=y(t,n,"session_start"),a=y(t,n,"session_cost"),l=y(t,n,"charger_state")?.state!=="no_vehicle",h=[N(t,o,2)];x(c)&&h.push(z(t,e,new Date(c.state),i));let d=w(a);d!==void 0&&h.push(K(t,d,String(a?.attributes.unit_of_measurement??"")));let u=this.say(l?"this_session":"last_session");return p`<button class="text num" @click=${()=>E(this,r.entity_id)}>
 <span class="secondary">${u}</span> ${h.join(" \xB7 ")}
 </button>`}#$(t,e){return p`<button @click=${()=>R(t)}>${this.say(e)}</button>`}static{this.styles=[A.styles,M`
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
 `]}};var cn={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},zt=s=>(...t)=>({_$litDirective$:s,values:t}),lt=class{constructor(t){}get _$AU(){return this._$AM._$AU}_$AT(t,e,n){this._$Ct=t,this._$AM=e,this._$Ci=n}_$AS(t,e){return this.update(t,e)}update(t,e){return this.render(...e)}};var ds={},ge=zt(class extends lt{constructor(){super(...arguments),this.ot=ds}render(s,t){return t()}update(s,[t,e]){if(Array.isArray(t)){if(Array.isArray(this.ot)&&this.ot.length===t.length&&t.every((n,i)=>n===this.ot[i]))return O}else if(this.ot===t)return O;return this.ot=Array.isArray(t)?Array.from(t):t,this.render(t,e)}});var{I:ls}=Ie,dn=s=>s;var ln=()=>document.createComment(""),ut=(s,t,e)=>{let n=s._$AA.parentNode,i=t===void 0?s._$AB:t._$AA;if(e===void 0){let r=n.insertBefore(ln(),i),o=n.insertBefore(ln(),i);e=new ls(r,o,s,s.options)}else{let r=e._$AB.nextSibling,o=e._$AM,c=o!==s;if(c){let a;e._$AQ?.(s),e._$AM=s,e._$AP!==void 0&&(a=s._$AU)!==o._$AU&&e._$AP(a)}if(r!==i||c){let a=e._$AA;for(;a!==r;){let l=dn(a).nextSibling;dn(n).insertBefore(a,i),a=l}}}return e},G=(s,t,e=s)=>(s._$AI(t,e),s),us={},un=(s,t=us)=>s._$AH=t,pn=s=>s._$AH,qt=s=>{s._$AR(),s._$AA.remove()};var hn=(s,t,e)=>{let n=new Map;for(let i=t;i<=e;i++)n.set(s[i],i);return n},ye=zt(class extends lt{constructor(s){if(super(s),s.type!==cn.CHILD)throw Error("repeat() can only be used in text expressions")}dt(s,t,e){let n;e===void 0?e=t:t!==void 0&&(n=t);let i=[],r=[],o=0;for(let c of s)i[o]=n?n(c,o):o,r[o]=e(c,o),o++;return{values:r,keys:i}}render(s,t,e){return this.dt(s,t,e).values}update(s,[t,e,n]){let i=pn(s),{values:r,keys:o}=this.dt(t,e,n);if(!Array.isArray(i))return this.ut=o,r;let c=this.ut??=[],a=[],l,h,d=0,u=i.length-1,m=0,g=r.length-1;for(;d<=u&&m<=g;)if(i[d]===null)d++;else if(i[u]===null)u--;else if(c[d]===o[m])a[m]=G(i[d],r[m]),d++,m++;else if(c[u]===o[g])a[g]=G(i[u],r[g]),u--,g--;else if(c[d]===o[g])a[g]=G(i[d],r[g]),ut(s,a[g+1],i[d]),d++,g--;else if(c[u]===o[m])a[m]=G(i[u],r[m]),ut(s,i[d],i[u]),u--,m++;else if(l===void 0&&(l=hn(o,m,g),h=hn(c,d,u)),l.has(c[d]))if(l.has(c[u])){let b=h.get(o[m]),_=b!==void 0?i[b]:null;if(_===null){let T=ut(s,i[d]);G(T,r[m]),a[m]=T}else a[m]=G(_,r[m]),ut(s,i[d],_),i[b]=null;m++}else qt(i[u]),u--;else qt(i[d]),d++;for(;m<=g;){let b=ut(s,a[g+1]);G(b,r[m]),a[m++]=b}for(;d<=u;){let b=i[d++];b!==null&&qt(b)}return this.ut=o,un(s,a),O}});var ps=24,hs=5,ms=["position","power","name"],fs=["power","current","energy_today"],it=(s,t)=>j(y(s,t,"power")),gs=(s,t)=>{let e=Ut(s,t,"current_phase").map(w).filter(n=>n!==void 0);return e.length>0?Math.max(...e.map(Math.abs)):void 0},mn=(s,t)=>t.flatMap(({shown:e})=>e.map(n=>s.states[n])),fn=(s,t)=>t.reduce((e,n)=>e+(it(s,n)??0),0),Wt=class extends A{#t="";#e;#s=new Map;#i;#n(t){let{entities:e,devices:n}=t,i=this.config.device,r=this.#i;if(r?.entities===e&&r.devices===n&&r.gateway===i)return r.found;let o=$t(t,i);return this.#i={entities:e,devices:n,gateway:i,found:o},o}watched(t){return this.#n(t).flatMap(e=>e.circuits.flatMap(n=>n.shown))}show(t,e){let n=this.#n(t),i=n.flatMap(d=>d.circuits);if(i.length===0)return p`<ha-card>
 <p>${this.say("no_circuits")}</p>
 <button @click=${()=>R(`/config/integrations/integration/${H}`)}>
 ${this.say("show_devices")}
 </button>
 </ha-card>`;let r=this.#t.toLocaleLowerCase(t.language),o=(d,u)=>r===""||`${d.name} ${u.name}`.toLocaleLowerCase(t.language).includes(r),c=Math.max(...i.map(d=>Math.abs(it(t,d)??0)),1),a=`--most: ${Number(c.toPrecision(2))}`,l=this.#e??String(this.config.sort??"position"),h=i.length>ps;return p`<ha-card>
 <section aria-labelledby="title" style=${a}>
 <h2 id="title">${this.config.name||this.say("circuits")}</h2>
 <div class="row tools">
 <label>${this.say("search")}
 <input type="search" .value=${this.#t} @input=${this.#r} /></label>
 <label>${this.say("sort")}
 <select @change=${this.#o}>
 ${ms.map(d=>p`<option value=${d} ?selected=${d===l}>${this.say(`sort_${d}`)}</option>`)}
 </select></label>
 <span class="num">${this.say("in_total",{power:D(t,fn(t,i))})}</span>
 </div>
 ${h&&!r?this.#c(t,n):f}
 ${ye(n,d=>d.device,d=>{let u=r===""&&(this.#s.get(d.device)??h),m=[d,u,r,l,this.config,t.locale];return ge([...m,this.texts,...mn(t,d.circuits)],()=>{let g=d.circuits.filter(_=>o(_,d));if(g.length===0)return f;let b=this.#a(t,g,l);return this.#d(t,d,b,u)})})}
 </section>
 </ha-card>`}#r=t=>{this.#t=t.target.value.trim(),this.requestUpdate()};#o=t=>{this.#e=t.target.value,this.requestUpdate()};#a(t,e,n){return n==="power"?[...e].sort((i,r)=>(it(t,r)??0)-(it(t,i)??0)):n==="name"?[...e].sort((i,r)=>i.name.localeCompare(r.name,t.language)):e}#c(t,e){let n=new Map(e.map(o=>[o.device,o.name])),i=e.flatMap(o=>o.circuits),r=this.#a(t,i,"power").slice(0,hs).map(o=>({...o,name:`${o.name}, ${n.get(o.module)}`}));return p`<h3>${this.say("largest")}</h3>
 ${this.#l(t,r,this.say("largest"))}`}#d(t,e,n,i){return p`<div class="module">
 <h3>
 <button class="fold" aria-expanded=${!i} @click=${()=>{this.#s.set(e.device,!i),this.requestUpdate()}}>
 <ha-icon aria-hidden="true" icon=${i?"mdi:chevron-right":"mdi:chevron-down"}></ha-icon>
 <span>${this.say("module",{name:e.name,count:e.circuits.length})}</span>
 <span class="num">${D(t,fn(t,e.circuits))}</span>
 </button>
 </h3>
 ${i?f:this.#l(t,n,e.name)}
 </div>`}#l(t,e,n){let r=(this.config.columns??fs).includes("current")&&e.some(o=>"current_phase"in o.entities);return p`<table>
 <caption class="hidden">${n}</caption>
 <thead class="hidden"><tr>
 <th scope="col">${this.say("circuit")}</th>
 <th scope="col">${this.say("share")}</th>
 <th scope="col">${this.say("power")}</th>
 ${r?p`<th scope="col">${this.say("current")}</th>`:f}
 </tr></thead>
 <tbody>
 ${ye(e,o=>o.device,o=>ge([o.entities,o.name,...mn(t,[o]),r,t.locale,this.texts],()=>this.#u(t,o,r)))}
 </tbody>
 </table>`}#u(t,e,n){let i=y(t,e,"power"),r=it(t,e),o=n?gs(t,e):void 0,c=this.say(Pt(i)?"no_contact":"not_yet"),a=r===void 0?`\u2013 ${c}`:`${r<0?`${this.say("feeds_in")} `:""}${D(t,Math.abs(r))}`;return p`<tr>
 <th scope="row">
 <button class="text" @click=${()=>i&&E(this,i.entity_id)}>${e.name}</button>
 </th>
 <td class="share">
 <span class="bar" aria-hidden="true"><span style="--own: ${Math.abs(r??0)}"></span></span>
 </td>
 <td class="end ${x(i)?"":"secondary"}">${a}</td>
 ${n?p`<td class="end">${o===void 0?"\u2013":k(t,o)}</td>`:f}
 </tr>`}static{this.styles=[A.styles,M`
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
 `]}};var be=`/config/integrations/integration/${H}`,ys=1e4,bs=5,Bt=["no_contact","wrong_device","refused","waiting_for_acceptance","off","late","slow","working"],Kt=class extends A{#t;#e;watched(t){return C(t).flatMap(e=>Object.values(e.entities).flat())}updated(){super.updated(),!(this.#e!==void 0||document.hidden||!this.isConnected)&&this.hass!==void 0&&(this.#e=setTimeout(()=>{this.#e=void 0,!document.hidden&&this.isConnected&&this.#s()},this.#t===void 0?0:ys))}disconnectedCallback(){super.disconnectedCallback(),clearTimeout(this.#e),this.#e=void 0}async#s(){try{this.#t=await this.hass?.callWS({type:`${H}/health`})}catch{this.#t={connections:[],sites:{}}}this.requestUpdate()}show(t,e){let n=this.#t?.connections.toSorted((r,o)=>Bt.indexOf(r.status)-Bt.indexOf(o.status)||r.name.localeCompare(o.name,t.language)),i=C(t).filter(r=>!this.config.site||r.device===this.config.site);return p`<ha-card>
 <section aria-labelledby="title">
 <h2 id="title">${this.config.name||this.say("health")}</h2>
 ${i.map(r=>this.#i(t,e,r))}
 ${n===void 0?p`<div class="blank" aria-busy="true"></div>`:n.length>0?this.#r(t,e,n):p`<p>${this.say("no_devices")}</p>`}
 <div class="row">
 <button @click=${()=>R(be)}>${this.say("diagnostics")}</button>
 </div>
 </section>
 </ha-card>`}#i(t,e,n){let i=t.devices[n.device]?.primary_config_entry??"",r=this.#t?.sites[i],o=y(t,n,"grid_data_state"),c=y(t,n,"headroom_l1")?.attributes.rating,a=y(t,n,"overload_count"),l=w(a),h=Number(a?.attributes.worst??0),u=y(t,n,"observe")?.state==="on"?this.say("observing"):this.say("guarding",{current:k(t,Number(c??0))});return p`<div>
 <h3>${n.name}</h3>
 <p class="num">${u} ${x(o)?this.say("meter_data",{state:t.formatEntityState(o)}):this.say("no_meter_data")}${typeof r=="number"?` \xB7 ${this.#n(e,r)}`:""}.
 ${l===void 0?f:l===0?this.say("no_overload"):this.say("overloads",{count:S(t,l),current:k(t,h)})}</p>
 </div>`}#n(t,e){return e<bs?this.say("live"):st(t,e)}#r(t,e,n){return p`<table>
 <thead><tr>
 ${["connection","status","data_age","answer_time","errors"].map((r,o)=>p`<th scope="col" class=${o>1?"end":""}>${this.say(r)}</th>`)}
 </tr></thead>
 <tbody>${n.map(r=>this.#o(t,e,r))}</tbody>
 </table>`}#o(t,e,n){let{status:i,age:r,answer:o,failures:c,waiting:a,since:l}=n,h=i==="working",d=n.device_id?t.devices[n.device_id]:void 0,u=[et(d)||n.name,n.path].filter(Boolean).join(" \xB7 "),m=d?`/config/devices/device/${d.id}`:be,g=[l?this.say("since",{time:z(t,e,new Date(l),new Date)}):"",n.left_alone?this.say("left_alone",{time:st(e,n.left_alone)}):"",a?this.say("queue",{count:a}):""].filter(Boolean),b={data_age:typeof r=="number"&&i!=="no_contact"?this.#n(e,r):"\u2013",answer_time:typeof o=="number"?this.#a(t,o):"\u2013",errors:c===void 0?"\u2013":S(t,c)};return p`<tr>
 <th scope="row"><button class="text" @click=${()=>R(m)}>${u}</button></th>
 <td><span class="status ${h?"":"bad"}">
 <ha-icon aria-hidden="true" icon=${h?"mdi:check-circle-outline":"mdi:alert-circle-outline"}></ha-icon>
 ${this.say(i)}</span>
 ${g.length>0?p`<div class="secondary">${g.join(" \xB7 ")}</div>`:f}
 ${Bt.indexOf(i)<Bt.indexOf("late")?p`<button class="link" @click=${()=>R(`${be}#config_entry=${n.entry_id}`)}>${this.say("what_to_do")}</button>`:f}</td>
 ${Object.entries(b).map(([_,T])=>p`<td class="end" data-name=${this.say(_)}>${T}</td>`)}
 </tr>`}#a(t,e){return e<1?`${S(t,1e3*e)}\xA0ms`:`${S(t,e,1)}\xA0s`}static{this.styles=[A.styles,M`
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
 `]}};var gn=["start","end","duration","charger","tag","energy","cost","currency","price","sun_share","meter_start","meter_end","reason","id"],_s=["energy","meter_start","meter_end"],$s=/^[=+\-@\t\r]/,yn=(s,t)=>{let e=t?";":",",n=(r,o)=>{if(o==null)return"";if(typeof o=="number"&&r!=="id"){let l=_s.includes(r)?o.toFixed(3):String(o);return t?l.replace(".",","):l}let c=String(o),a=$s.test(c)?`'${c}`:c;return/[",;\n\r]/.test(a)?`"${a.replaceAll('"','""')}"`:a},i=s.map(r=>gn.map(o=>n(o,r[o])).join(e));return`\uFEFF${[gn.join(e),...i].join(`\r
`)}\r
`};var Gt=["month","year","range"],vs=5e3,xs=(s,t,e)=>{let n=e.getFullYear();if(s==="year")return[new Date(n-t,0,1),new Date(n-t+1,0,1)];let i=e.getMonth()-t;return[new Date(n,i,1),new Date(n,i+1,1)]},rt=s=>`${s.getFullYear()}-${String(s.getMonth()+1).padStart(2,"0")}-${String(s.getDate()).padStart(2,"0")}`,Jt=class extends A{#t="month";#e=0;#s;#i;#n="";#r="";setConfig(t){super.setConfig(t),this.#t=String(t.period??"month")}watched(t){return B(t).flatMap(e=>e.entities.transaction??[])}#o(){return this.#t==="range"&&this.#s?this.#s:xs(this.#t,this.#e,new Date)}async#a(t,e,n){try{let i=this.config.device,{response:r}=await t.callWS({type:"call_service",domain:H,service:"get_sessions",service_data:{from:`${rt(e)} 00:00:00`,to:`${rt(n)} 00:00:00`,limit:vs,...i?{device_id:[i]}:{}},return_response:!0});this.#i=r.sessions,this.#n=""}catch(i){this.#i=[],this.#n=i.message??""}this.requestUpdate()}show(t,e){let[n,i]=this.#o(),r=B(t).map(c=>y(t,c,"transaction")?.state),o=`${rt(n)} ${rt(i)} ${r.join()}`;return o!==this.#r&&(this.#r=o,this.#a(t,n,i)),p`<ha-card>
 <section aria-labelledby="title">
 <h2 id="title">${this.config.name||this.say("sessions")}</h2>
 ${this.#c(t,n,i)}
 ${this.#l(t,n)}
 </section>
 </ha-card>`}#c(t,e,n){let i=a=>{this.#t=a,this.#e=0,this.#s=a==="range"?[e,n]:void 0,this.requestUpdate()},r=a=>{this.#e+=a,this.requestUpdate()},o=a=>{let l={ArrowRight:1,ArrowLeft:2}[a.key],h=l&&Gt[(Gt.indexOf(this.#t)+l)%Gt.length];h&&(i(h),a.currentTarget.querySelector(`[data-period=${h}]`)?.focus())},c=this.#t==="year"?String(e.getFullYear()):Lt(t,e);return p`<div class="row">
 <div role="radiogroup" class="row" aria-label=${this.say("period")} @keydown=${o}>
 ${Gt.map(a=>p`<button
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
 </div>`}#d(t,e){let n=new Date(e.getTime()-432e5);return p`<div class="row" @change=${r=>{let o=r.currentTarget.querySelectorAll("input"),[c,a]=[...o].map(l=>{let[h=0,d=1,u=1]=l.value.split("-").map(Number);return l.value?new Date(h,d-1,u):void 0});!c||!a||a<c||(this.#s=[c,new Date(a.getFullYear(),a.getMonth(),a.getDate()+1)],this.requestUpdate())}}>
 <label>${this.say("first_day")} <input type="date" .value=${rt(t)} /></label>
 <label>${this.say("last_day")} <input type="date" .value=${rt(n)} /></label>
 </div>`}#l(t,e){let n=this.#i;if(n===void 0)return p`<div class="blank" aria-busy="true"></div>`;if(this.#n)return p`<p role="alert">${this.#n}</p>`;if(n.length===0)return p`<p>${this.say(this.#t==="month"?"no_sessions_in":"no_sessions",{month:Lt(t,e)})}</p>`;let i=n.filter(u=>!u.doubtful),r=u=>i.reduce((m,g)=>m+(g[u]??0),0),o=i.some(u=>u.cost!==null),c=i.filter(u=>typeof u.sun_share=="number"),a=c.some(u=>u.sun_share),l=c.reduce((u,m)=>u+(m.energy??0),0),h=c.reduce((u,m)=>u+(m.energy??0)*(m.sun_share??0),0),d=i.find(u=>u.currency)?.currency;return p`<table>
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
 <td class="end">${N(t,r("energy"),2)}</td>
 ${a?p`<td class="end">${l>0?P(t,h/l):"\u2013"}</td>`:f}
 ${o?p`<td class="end">${K(t,r("cost"),d)}</td>`:f}
 </tr></tfoot>
 </table>
 ${i.length<n.length?p`<p class="secondary">${this.say("doubtful")}</p>`:f}
 <div class="row"><button @click=${()=>this.#p(t,n)}>
 <ha-icon aria-hidden="true" icon="mdi:download"></ha-icon> ${this.say("csv")}
 </button></div>`}#u(t,e,n,i){let r=e.start?new Date(e.start):void 0,o=e.duration,c=o===null?"\u2013":`${Math.floor(o/60)}:${String(Math.round(o)%60).padStart(2,"0")}`;return p`<tr class=${e.running?"running":""}>
 <td class="start">${r?`${wt(t,r)}, ${dt(t,r)}`:"\u2013"}
 ${e.running?p`<br />${this.say("running")}`:f}
 ${e.doubtful?p`<br />${this.say("check")}`:f}</td>
 <td class="duration">${c}</td>
 <td class="charger">${e.charger}</td>
 <td class="card">${e.tag||"\u2013"}</td>
 <td class="end">${e.energy===null?"\u2013":N(t,e.energy,2)}</td>
 ${i?p`<td class="end sun">${typeof e.sun_share=="number"?this.say("sun_share",{share:P(t,e.sun_share)}):"\u2013"}</td>`:f}
 ${n?p`<td class="end">${e.cost===null?"\u2013":K(t,e.cost,e.currency)}</td>`:f}
 </tr>`}#p(t,e){let[n]=this.#o(),i=document.createElement("a"),r=S(t,.5,1).includes(",");i.href=URL.createObjectURL(new Blob([yn(e,r)],{type:"text/csv;charset=utf-8"})),i.download=`sessions_${rt(n)}.csv`,i.click(),setTimeout(()=>URL.revokeObjectURL(i.href),1e3)}static{this.styles=[A.styles,M`
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
 `]}};var ws=30,_n=.05,Vt=async s=>{try{return(await s.callWS({type:"energy/get_prefs"})).energy_sources.flatMap(e=>e.type==="solar"&&e.stat_rate?[e.stat_rate]:[])}catch{return[]}},Ss=s=>{let t=s.filter(e=>e!==void 0);return t.length>0?t.reduce((e,n)=>e+n,0):void 0},bn=(s,t)=>{let e=s.reduce((i,r)=>i+r.power,0),n=t-e;return n>_n*t?[...s,{key:"rest",power:n}]:s},$n=(s,t,e)=>{let n=vt(s,t),i=U=>n?void 0:j(y(s,t,U)),r=i("grid_power"),o=j(y(s,t,"battery_power")),c=i("charging_power"),a=Ss(e.map(U=>j(s.states[U]))),l=a===void 0?void 0:Math.max(a,0),h=r===void 0||e.length>0&&l===void 0?void 0:r+(l??0)+(o??0)-(c??0),d=Math.max(r??0,0)+(l??0)+Math.max(o??0,0),u=h===void 0||h<-_n*d?void 0:Math.max(h,0),m=(U,V=0)=>V>ws||V>0&&U!=="grid"?[{key:U,power:V}]:[],g=(U,V)=>r===void 0?[[],[]]:[U,V],[b,_]=g([...m("sun",l),...m("battery",o),...m("grid",r)],[...m("house",u),...m("cars",c),...m("battery",-(o??0)),...m("grid",-(r??0))]),T=U=>U.reduce((V,Hn)=>V+Hn.power,0),pt=Math.max(T(b),T(_));return{from:bn(b,pt),to:bn(_,pt),total:pt,grid:r,sun:l,battery:o,house:u,cars:c}};var $e=["flow","phases","surplus","today"],vn=3,As=30,ks=["l1","l2","l3"],Ts=["aging","stale","lost"],_e=(s,t)=>{let e=C(s);return t===void 0?e[0]:e.find(n=>n.device===t)},Yt=class extends A{#t=[];#e=!1;watched(t){let e=_e(t,this.config.site);return[...Object.values(e?.entities??{}).flat(),...this.#t]}async#s(t){this.#e=!0,this.#t=await Vt(t),this.requestUpdate()}show(t,e){this.#e||this.#s(t);let n=_e(t,this.config.site);if(n===void 0)return p`<ha-card>
 <p>${this.say("no_site")}</p>
 <button @click=${()=>R(`/config/integrations/integration/${H}`)}>
 ${this.say("add_site")}
 </button>
 </ha-card>`;let i=r=>(this.config.show??$e).includes(r);return p`<ha-card>
 <section aria-labelledby="title">
 <div class="head">
 <h2 id="title">
 <button class="text" @click=${()=>R(`/config/devices/device/${n.device}`)}>
 ${this.config.name||n.name}
 </button>
 </h2>
 ${this.#i(t,e,n)}
 </div>
 ${i("flow")?this.#n(t,e,n):f}
 ${i("surplus")?this.#o(t,n):f}
 ${i("phases")?this.#c(t,e,n):f}
 ${i("today")?this.#a(t,n):f}
 </section>
 </ha-card>`}counting(){let t=this.hass&&_e(this.hass,this.config.site);return(t&&y(this.hass,t,"grid_data_state"))?.attributes.since!==void 0}#i(t,e,n){let i=y(t,n,"grid_data_state");if(i===void 0||!Ts.includes(i.state))return f;let r=Ft(e,i,new Date),o=r===void 0?"":` \xB7 ${r}`;return p`<button class="text secondary" @click=${()=>E(this,i.entity_id)}>
 <ha-icon aria-hidden="true" icon="mdi:database-clock"></ha-icon>
 ${this.say("meter_data",{state:t.formatEntityState(i)})}${o}
 </button>`}#n(t,e,n){let i=$n(t,n,this.#t),r=(o,c)=>p`<div class="flow">
 <span class="secondary">${this.say(o)}</span>
 <div class="bar" aria-hidden="true">
 ${c.map(a=>p`<span
 class="${a.key} ${o}"
 style="width: ${100*a.power/(i.total||1)}%"
 ></span>`)}
 </div>
 </div>`;return p`${r("from",i.from)}${r("to",i.to)}
 <dl>${this.#r(t,e,n,i)}</dl>
 ${[...i.from,...i.to].some(o=>o.key==="rest")?p`<p class="secondary">${this.say("not_measured")}</p>`:f}`}#r(t,e,n,i){let r=y(t,n,"grid_data_state"),o=r&&Ft(e,r,new Date),c=o!==void 0&&i.grid!==void 0,a=g=>g===void 0?"\u2013":D(t,Math.abs(g)),l=(g,b,_)=>g===void 0?"\u2013":Math.abs(g)<=As?this.say("balanced"):`${this.say(g>0?b:_)} ${a(g)}`,h=(g,b,_,T,pt=!1)=>p`<div>
 <dt><span class="swatch ${g}" aria-hidden="true"></span>
 <ha-icon aria-hidden="true" icon=${b}></ha-icon>${this.say(g)}</dt>
 <dd class=${pt?"secondary":""}>${T===void 0?_:p`<button class="text" @click=${()=>E(this,T)}>${_}</button>`}</dd>
 </div>`,d=g=>n.entities[g]?.[0],u="battery_power"in n.entities,m=(i.battery??0)!==0;return[this.#t.length>0?h("sun","mdi:white-balance-sunny",a(i.sun),this.#t[0]):f,u?h("battery","mdi:home-battery-outline",m?l(i.battery,"discharges","charges"):a(i.battery),d("battery_power")):f,h("grid","mdi:transmission-tower",l(i.grid,"imports","exports")+(c?` \xB7 ${o}`:""),d("grid_power"),c),h("house","mdi:home-outline",a(i.house)),h("cars","mdi:car-electric",a(i.cars),d("charging_power"))]}#o(t,e){let n=y(t,e,"surplus"),i=w(n);return n===void 0||i===void 0||i<=0?f:p`<button class="text num" @click=${()=>E(this,n.entity_id)}>
 ${this.say("surplus",{power:D(t,i)})}
 </button>`}#a(t,e){let n=y(t,e,"energy_today"),i=w(n);if(n===void 0||i===void 0)return f;let r=w(y(t,e,"solar_share_today")),o=y(t,e,"cost_today"),c=w(o),a=[this.say("today",{energy:N(t,i)})];return r!==void 0&&a.push(this.say("sun_share",{share:P(t,r)})),c!==void 0&&a.push(K(t,c,String(o?.attributes.unit_of_measurement??""))),p`<button class="text num" @click=${()=>E(this,n.entity_id)}>
 ${a.join(" \xB7 ")}
 </button>`}#c(t,e,n){let i=vt(t,n),r=ks.map(c=>y(t,n,`headroom_${c}`)),o=r.map(c=>c?.attributes.rating).find(Number.isFinite);return p`<div class="phases">
 <span class="secondary">
 ${this.say("fuse",{current:o===void 0?"":k(t,Number(o))})}
 </span>
 ${r.map((c,a)=>{if(c===void 0)return f;let l=`L${a+1}`,d=x(c)&&!i?Math.floor(Number(c.state)):void 0,u=Number(c.attributes.rating??0),m=d===void 0||u===0?0:Math.min(Math.max(1-d/u,0),1);return p`<button
 class="text phase ${d!==void 0&&d<vn?"tight":""}"
 @click=${()=>E(this,c.entity_id)}
 >
 <span>${l}</span>
 <span class="bar" aria-hidden="true"><span style="width: ${100*m}%"></span></span>
 <span class="num">${this.#d(t,d)}</span>
 </button>`})}
 </div>`}#d(t,e){if(e===void 0)return"\u2013";let n=k(t,Math.abs(e),0);return e<0?p`<ha-icon aria-hidden="true" icon="mdi:fuse-alert"></ha-icon> ${this.say("over",{current:n})}`:this.say(e<vn?"left_tight":"left",{current:n})}static{this.styles=[A.styles,M`
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
 `]}};var ot="custom:meters-chargers",kn=3,Hs=6,J={columns:12},xn=["overview","chargers","circuits","sessions","health"],Es=async(s,t)=>{let e=C(t),n=e.find(u=>u.device===s.site)??e[0],[i,r,o]=await Promise.all([ce(t.language),Vt(t),We(t)]),c=new Set(s.hide_devices),a=B(t).filter(u=>!c.has(u.device)&&(n===void 0||o.get(u.device)===n.device)),l={hass:t,texts:i,config:s,site:n,chargers:a,suns:r},h={overview:()=>[Cs(l)],chargers:()=>a.map((u,m)=>Ds(l,u,m)),circuits:()=>$t(t).length>0?[wn(l,"circuits","mdi:file-tree",{type:`${ot}-circuits-card`})]:[],sessions:()=>a.some(u=>"transaction"in u.entities)?[wn(l,"sessions","mdi:receipt-text-clock-outline",{type:`${ot}-sessions-card`})]:[],health:()=>[Ns(l)]},d=s.show??xn;return{views:xn.filter(u=>d.includes(u)).flatMap(u=>h[u]?.()??[])}},at=(...s)=>({type:"grid",cards:s}),At=(s,t)=>({type:"heading",heading:s,icon:t}),ve=(s,t,e,n,i={})=>({type:"sections",title:v(s.texts,t),path:t,icon:e,show_icon_and_title:!0,max_columns:3,sections:n,...i}),wn=(s,t,e,n)=>({title:v(s.texts,t),path:t,icon:e,show_icon_and_title:!0,type:"panel",cards:[n]}),Tn=s=>`charger-${s+1}`,Cs=s=>{let{site:t,chargers:e}=s,n=e.length>kn,i=e.map((l,h)=>({type:`${ot}-charger-card`,device:l.device,view:Tn(h),...n?{compact:n}:{}})),r=e.length===0?[{type:`${ot}-charger-card`}]:[],o=[...i,...r].map(l=>({...l,grid_options:J})),c={type:`${ot}-site-card`,...t?{site:t.device}:{},grid_options:J},a=Os(s);return ve(s,"overview","mdi:home-lightning-bolt",[at(...o),at(c,...Rs(s)),...a.length>0?[at(...a)]:[]],{badges:Ms(s)})},Ms=({site:s,texts:t})=>{let e=s?.entities.grid_data_state?.[0];return e===void 0?[]:[{type:"entity",entity:e,name:v(t,"meter"),show_name:!0,tap_action:{action:"navigate",navigation_path:"health"}}]},Rs=({hass:s,config:t,texts:e})=>{let n=$t(s).flatMap(i=>i.circuits.map(r=>({circuit:r,module:i}))).map(({circuit:i,module:r})=>({entity:y(s,i,"power")?.entity_id??"",name:`${i.name}, ${r.name}`,power:it(s,i)??0})).filter(({power:i})=>i>0).sort((i,r)=>r.power-i.power).slice(0,t.circuits_limit??Hs);return n.length<2?[]:[At(v(e,"top_circuits"),"mdi:file-tree"),{type:"distribution",entities:n.map(({entity:i,name:r})=>({entity:i,name:r})),grid_options:J}]},Os=({site:s,suns:t,texts:e})=>{let n=[...t.map(i=>({entity:i,name:v(e,"sun"),color:"amber"})),...Sn(s,"surplus",v(e,"show_surplus"),"blue"),...Sn(s,"charging_power",v(e,"cars"),"green")];return n.length===0?[]:[At(v(e,"last_hours"),"mdi:chart-line"),{type:"history-graph",hours_to_show:6,entities:n,grid_options:{columns:"full",rows:5}}]},Sn=(s,t,e,n)=>(s?.entities[t]??[]).map(i=>({entity:i,name:e,color:n})),An={type:"entity"},Ds=(s,t,e)=>{let{hass:n,texts:i,chargers:r}=s,o=g=>v(i,g),c=(g,b)=>(t.entities[g]??[]).map(_=>({type:"tile",entity:_,name:An,...b?{features:[b],grid_options:J}:{}})),a=(...g)=>g.flatMap(b=>c(b)),l={type:"numeric-input",style:"buttons"},h=["charger_state","power","charging_current"].flatMap(g=>t.entities[g]??[]).map(g=>({entity:g,name:An})),d={type:"logbook",target:{entity_id:t.entities.reason??[]},hours_to_show:24,grid_options:{columns:12,rows:6}},u=at({type:`${ot}-charger-card`,device:t.device,show:["mode","slider","phases","boost","plan","session"],grid_options:J},At(o("settings"),"mdi:tune"),...c("min_current",l),...c("priority",l),...c("target_energy",l),...c("enabled",{type:"toggle"}),...a("starts_today","phase_changes_today","writes_today")),m=at(At(o("right_now"),"mdi:pulse"),...c("power",{type:"trend-graph"}),...a("current_phase","session_energy","session_solar_share","energy_import"),{type:"history-graph",hours_to_show:12,entities:h,grid_options:J},...n.config.components.includes("logbook")?[At(o("why"),"mdi:message-text-outline"),d]:[]);return{...ve(s,t.name,"mdi:ev-station",[u,m]),title:t.name,path:Tn(e),max_columns:2,...r.length>kn?{subview:!0}:{}}},Ns=s=>ve(s,"health","mdi:heart-pulse",[at({type:`${ot}-health-card`,grid_options:J}),at({type:"repairs",grid_options:J})]);var Ps={charger:jt,site:Yt,circuits:Wt,sessions:Jt,health:Kt};for(let[s,t]of Object.entries(Ps))customElements.define(`meters-chargers-${s}-inside`,t);var io=(s,t)=>s==="charger"?{device:B(t)[0]?.device??"",show:fe}:s==="site"?{site:C(t)[0]?.device??"",show:$e}:{};export{It as BOOST_MIN,en as DAYS,H as DOMAIN,Ft as ageOf,pe as boost,Ve as choose,sn as dayName,st as duration,Xe as figuresOf,Qe as filled,L as format,Es as generate,p as html,x as isKnown,vt as isSilent,he as minutes,z as moment,R as navigate,f as nothing,w as numberOf,E as openMoreInfo,nn as planOf,v as say,C as sites,y as stateOf,io as stub,j as watts};
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
