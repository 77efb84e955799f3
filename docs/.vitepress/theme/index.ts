import DefaultTheme from 'vitepress/theme';
import './equations.css';

export default DefaultTheme;
